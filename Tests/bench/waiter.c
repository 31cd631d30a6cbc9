/* An agent that does nothing until it is ended. */
#include <unistd.h>

int main(void)
{
    pause();
    return 0;
}
