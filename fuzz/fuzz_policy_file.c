/* fuzz/fuzz_policy_file.c - arbitrary bytes as a configuration file.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is refused has a message; what is accepted can be asked. */
#include "base/base.h"

#include "policy/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const WCHAR target[] = u"TERMSRV/host.example.com:3389";
	struct layer layer = { .settings = NULL };
	struct text why = { 0 };

	NTSTATUS status = layer_read(&layer, "file", (const char *)data, size, &why);
	if (failed(status) != (why.len > 0))
		abort();
	for (int i = 0; i < POLICY_LISTS; i++)
		for (int care = PATTERN_LOOSE; care <= PATTERN_STRICT; care++)
			if (patterns_match(&layer.list[i].patterns, target, ARRAY_LEN(target) - 1,
					   (enum pattern_care)care) &&
			    !layer.list[i].set)
				abort();
	for (const struct layer_setting *s = layer.settings; s; s = s->next)
		if (layer_setting(&layer, s->section, s->name) != s->value)
			abort();
	text_done(&why);
	layer_done(&layer);
	return 0;
}
