/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/parse_format.h"
#include "policy/report.h"

struct reading {
	struct policy_files files;
	struct policy_problems *problems;
	bool no_memory;
};

/* All of a file, up to one byte more than is allowed; NULL with errno. */
static char *read_all(FILE *file, size_t *ret_len)
{
	size_t cap = 65536, len = 0;
	char *text = malloc(cap), *more;

	while (text && len <= POLICY_FILE_MAX) {
		size_t got = fread(text + len, 1, cap - len, file);

		len += got;
		if (!got)
			break;
		if (len < cap)
			continue;
		more = realloc(text, cap *= 2);
		if (!more)
			free(text);
		text = more;
	}
	if (text && ferror(file)) {
		free(text);
		return NULL;
	}
	*ret_len = len;
	return text;
}

static void report_file(struct reading *r, const char *path, const char *message)
{
	policy_report_at(r->problems, &(struct policy_source){ path, "", 0 }, 0, "E001", message);
	if (r->problems->len)
		r->problems->list[r->problems->len - 1].line = 0;
}

static char *file_text(struct reading *r, const char *path, size_t *ret_len)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "rbe") : stdin;
	char *text = file ? read_all(file, ret_len) : NULL;

	if (!text)
		report_file(r, path, errno ? strerror(errno) : "cannot be read");
	if (file && file != stdin)
		fclose(file);
	return text;
}

/* Takes text over. */
static void source_add(struct reading *r, const char *path, char *text, size_t len)
{
	struct policy_source *list =
		realloc(r->files.sources, (r->files.sources_len + 1) * sizeof *r->files.sources);
	char *name = strdup(strcmp(path, "-") ? path : "(standard input)");

	if (list)
		r->files.sources = list;
	if (!list || !name) {
		r->no_memory = true;
		free(name);
		free(text);
		return;
	}
	list[r->files.sources_len++] = (struct policy_source){ name, text, len };
}

static void ignored_add(struct reading *r, const char *path)
{
	char **list = realloc(r->files.ignored, (r->files.ignored_len + 1) * sizeof *list);
	char *name = strdup(path);

	if (list)
		r->files.ignored = list;
	if (!list || !name) {
		r->no_memory = true;
		free(name);
		return;
	}
	list[r->files.ignored_len++] = name;
}

static int is_json_name(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".json");
}

static void read_member(struct reading *r, const char *folder, const char *name)
{
	char path[4096];
	size_t len = 0;
	char *text;

	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
		report_file(r, folder, "a path in this folder is too long");
		return;
	}
	text = file_text(r, path, &len);
	if (!text)
		return;
	if (policy_format_is_other(text, len)) {
		ignored_add(r, path);
		free(text);
	} else {
		source_add(r, path, text, len);
	}
}

static void read_folder(struct reading *r, const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, is_json_name, alphasort);
	size_t before = r->files.sources_len, errors = r->problems->errors;

	if (count < 0) {
		report_file(r, path, strerror(errno));
		return;
	}
	for (int i = 0; i < count; i++) {
		read_member(r, path, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (r->files.sources_len == before && r->problems->errors == errors)
		report_file(r, path, "no ace-policy/1 file in this folder");
}

enum ace_err policy_files_read(const char *const *paths, size_t paths_len, struct policy_problems *problems,
			       struct policy_files *ret_files)
{
	struct reading r = { .problems = problems };
	size_t errors = problems->errors, len = 0;

	for (size_t i = 0; i < paths_len; i++) {
		struct stat st;
		char *text;

		errno = 0;
		if (strcmp(paths[i], "-") && !stat(paths[i], &st) && S_ISDIR(st.st_mode)) {
			read_folder(&r, paths[i]);
			continue;
		}
		text = file_text(&r, paths[i], &len);
		if (text)
			source_add(&r, paths[i], text, len);
	}
	if (!r.no_memory && problems->errors == errors) {
		*ret_files = r.files;
		return ACE_OK;
	}
	policy_files_free(&r.files);
	return r.no_memory ? ACE_ERR_MEMORY : ACE_ERR_IO;
}

void policy_files_free(struct policy_files *files)
{
	for (size_t i = 0; i < files->sources_len; i++) {
		free((void *)(uintptr_t)files->sources[i].name);
		free((void *)(uintptr_t)files->sources[i].text);
	}
	for (size_t i = 0; i < files->ignored_len; i++)
		free(files->ignored[i]);
	free(files->sources);
	free(files->ignored);
	*files = (struct policy_files){ 0 };
}
