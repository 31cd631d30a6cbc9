/* libcurl for Swift, which does not see variadic functions: one thin wrapper for each class of argument. */
#ifndef OZ_CLIBCURL_H
#define OZ_CLIBCURL_H

#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <malloc.h>

typedef size_t (*oz_curl_data_function)(char *bytes, size_t size, size_t count, void *context);
typedef int (*oz_curl_socket_function)(CURL *easy, curl_socket_t socket, int what, void *context, void *of_socket);
typedef int (*oz_curl_timer_function)(CURLM *multi, long milliseconds, void *context);
typedef curl_socket_t (*oz_curl_open_function)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*oz_curl_debug_function)(CURL *easy, curl_infotype kind, char *bytes, size_t count, void *context);

static inline CURLcode oz_curl_set_number(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode oz_curl_set_size(CURL *easy, CURLoption option, curl_off_t value)
{
    return curl_easy_setopt(easy, option, value);
}

/* libcurl keeps a copy; NULL goes back to the default, or to none. */
static inline CURLcode oz_curl_set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode oz_curl_set_pointer(CURL *easy, CURLoption option, void *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode oz_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value)
{
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode oz_curl_set_data_function(CURL *easy, CURLoption option, oz_curl_data_function value)
{
    return curl_easy_setopt(easy, option, value);
}

/* A list of header fields with one more; NULL where there is no memory, and then the list is gone. */
static inline struct curl_slist *oz_curl_list_append(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (longer == NULL)
        curl_slist_free_all(list);
    return longer;
}

static inline void oz_curl_list_free(struct curl_slist *list)
{
    curl_slist_free_all(list);
}

/* A body that libcurl copies. */
static inline CURLcode oz_curl_set_body(CURL *easy, const char *bytes, size_t count)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes);
}

/* What the callbacks of a transfer answer to stop it for a while, or for good. */
static inline size_t oz_curl_write_pause(void)
{
    return CURL_WRITEFUNC_PAUSE;
}

static inline size_t oz_curl_read_pause(void)
{
    return CURL_READFUNC_PAUSE;
}

static inline size_t oz_curl_read_abort(void)
{
    return CURL_READFUNC_ABORT;
}

/* Told of every address that is tried; makes the socket. */
static inline CURLcode oz_curl_set_open_function(CURL *easy, oz_curl_open_function call, void *context)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, call);
}

/* Told of what libcurl does, in words. */
static inline CURLcode oz_curl_set_debug_function(CURL *easy, oz_curl_debug_function call, void *context)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_DEBUGDATA, context);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, call);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

static inline CURLcode oz_curl_get_number(CURL *easy, CURLINFO info, long *value)
{
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode oz_curl_get_text(CURL *easy, CURLINFO info, const char **value)
{
    return curl_easy_getinfo(easy, info, (char **)value);
}

static inline CURLcode oz_curl_get_size(CURL *easy, CURLINFO info, curl_off_t *value)
{
    return curl_easy_getinfo(easy, info, value);
}

/* The certificates that the peer showed, its own first; NULL where none were seen. They live as long as the handle. */
static inline const struct curl_certinfo *oz_curl_certificates(CURL *easy)
{
    struct curl_certinfo *found = NULL;
    return curl_easy_getinfo(easy, CURLINFO_CERTINFO, &found) == CURLE_OK ? found : NULL;
}

static inline CURLcode oz_curl_get_active_socket(CURL *easy, curl_socket_t *value)
{
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, value);
}

static inline CURLMcode oz_curl_multi_set_number(CURLM *multi, CURLMoption option, long value)
{
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode oz_curl_multi_set_socket_function(CURLM *multi, oz_curl_socket_function call, void *context)
{
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    return code != CURLM_OK ? code : curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, call);
}

static inline CURLMcode oz_curl_multi_set_timer_function(CURLM *multi, oz_curl_timer_function call, void *context)
{
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return code != CURLM_OK ? code : curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, call);
}

/* The result of a message that says that a transfer is done. */
static inline CURLcode oz_curl_message_result(const CURLMsg *message)
{
    return message->data.result;
}

/* The directory of trusted certificates that libcurl was built with; NULL without one. */
static inline const char *oz_curl_trusted_directory(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info != NULL && info->age >= CURLVERSION_SEVENTH ? info->capath : NULL;
}

/* The bundle of trusted certificates that libcurl was built with; NULL without one. */
static inline const char *oz_curl_trusted_file(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info != NULL && info->age >= CURLVERSION_SEVENTH ? info->cainfo : NULL;
}

/* Gives back to the system what the C libraries freed: a TLS handshake leaves far more than a connection keeps. */
static inline void oz_curl_release_memory(void)
{
    malloc_trim(0);
}

#endif
