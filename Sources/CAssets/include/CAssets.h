#ifndef FORGEBATCH_CASSETS_H
#define FORGEBATCH_CASSETS_H

#include <stddef.h>
#include <stdint.h>

// A file that is part of the binary.
struct CAsset {
    const char *name;
    const uint8_t *bytes;
    size_t size;
};

// Every file of templates/, by its name there.
const struct CAsset *CAssetsTemplates(size_t *count);

// The files of python/, for authors of plugins, by their paths there.
const struct CAsset *CAssetsPluginFiles(size_t *count);

// The table of measured costs, Sources/ToolModel/tool-costs.json.
struct CAsset CAssetsToolCosts(void);

#endif
