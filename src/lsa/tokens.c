/* lsa/tokens.c - see lsa/tokens.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/text.h"
#include "base/trace.h"
#include "base/utf.h"
#include "lsa/tokens.h"

/* One line of the trace for each of the tree. */
static void trace_tree(const char *name, char *tree)
{
	for (char *line = tree; *line;) {
		size_t n = strcspn(line, "\n");
		bool last = line[n] == '\0';
		line[n] = '\0';
		trace_line("%s | %s", name, line);
		line += last ? n : n + 1;
	}
}

static void trace_token(const struct package_module *module, const char *name, const char *verb,
			const SecBuffer *token)
{
	struct text text = { 0 };
	bool known = module->describe &&
		     module->describe(token->pvBuffer, token->cbBuffer, 0, &text);
	CLEANUP(mem_free_p) char *tree = text_finish(&text);

	trace_line("%s %s %u bytes", name, verb, (unsigned)token->cbBuffer);
	if (known && tree)
		trace_tree(name, tree);
}

void tokens_trace(const struct host *host, const struct package *package, const char *verb,
		  const SecBufferDesc *list)
{
	CLEANUP(mem_free_p) char *name = NULL;

	if (!trace_is_on() || !list ||
	    !utf8_from_utf16(package->name, package->name_n, &name, NULL))
		return;
	for (ULONG i = 0; i < list->cBuffers; i++) {
		const SecBuffer *b = &list->pBuffers[i];
		bool is_token = (b->BufferType & ~(ULONG)SECBUFFER_ATTRMASK) == SECBUFFER_TOKEN;
		if (is_token && b->cbBuffer && b->pvBuffer && !(b->BufferType & SECBUFFER_READONLY))
			trace_token(host->modules[package->module], name, verb, b);
	}
}
