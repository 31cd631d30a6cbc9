// libyaml as Swift sees it: the plain header; nothing in it is variadic.
#ifndef CLIBYAML_SHIM_H
#define CLIBYAML_SHIM_H

#include <yaml.h>

#endif
