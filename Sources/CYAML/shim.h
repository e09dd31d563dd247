#ifndef FORGEBATCH_CYAML_SHIM_H
#define FORGEBATCH_CYAML_SHIM_H
#include <yaml.h>
#endif
