#!/bin/sh
# A stub of the agent: does what STUB says, after writing down what it was given.
echo "arguments: $*"
echo "directory: $(pwd)"
[ -d /notes ] && echo start >> "/notes/$TASK_ID.starts"
case $STUB in
    "exit "*) exit "${STUB#exit }" ;;
    sleep) trap 'echo told to end; exit 143' TERM; while :; do sleep 1 & wait $!; done ;;
    stubborn) trap '' TERM; while :; do sleep 1; done ;;
    flood) yes 0123456789012345678901234567890123456789012345678901234567890 | head -n 1000000; exit 5 ;;
    "pour "*)
        yes 0123456789012345678901234567890123456789012345678901234567890 | head -n "${STUB#pour }"
        echo poured; exit 5 ;;
    "write "*) yes "$(head -c 999 /dev/zero | tr '\0' x)" | head -c "${STUB#write }" ;;
    hog) exec tail /dev/zero ;;
    tell) echo "secret: $SECRET"; exit 9 ;;
    look) cat /mnt/tool/marker; ls /agent; touch /mnt/tool/written && exit 0; exit 4 ;;
    late) while ! [ -e /notes/gate ]; do sleep 0.05; done; exit 6 ;;
    "until "*) while ! [ -e "${STUB#until }" ]; do sleep 0.05; done ;;
esac
