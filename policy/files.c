/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/parse_format.h"
#include "policy/report.h"

struct reading {
	struct policy_files files;
	struct policy_problems *problems;
	bool passes_tests_over; /* only policies of folders count */
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
static void list_add(struct reading *r, struct policy_source **sources, size_t *len, struct policy_source source)
{
	struct policy_source *list = realloc(*sources, (*len + 1) * sizeof *list);
	char *name = strdup(strcmp(source.name, "-") ? source.name : "(standard input)");

	if (list)
		*sources = list;
	if (!list || !name) {
		r->no_memory = true;
		free(name);
		free((void *)(uintptr_t)source.text);
		return;
	}
	list[(*len)++] = (struct policy_source){ name, source.text, source.len };
}

static void source_add(struct reading *r, const char *path, char *text, size_t len)
{
	list_add(r, &r->files.sources, &r->files.sources_len, (struct policy_source){ path, text, len });
}

static void tests_add(struct reading *r, const char *path, char *text, size_t len)
{
	list_add(r, &r->files.tests, &r->files.tests_len, (struct policy_source){ path, text, len });
}

static bool has_tests(const struct reading *r, const char *path)
{
	for (size_t i = 0; i < r->files.tests_len; i++)
		if (!strcmp(r->files.tests[i].name, path))
			return true;
	return false;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && !strcmp(text + len - end_len, end);
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
	return entry->d_name[0] != '.' && ends_in(entry->d_name, ".json");
}

static void read_member(struct reading *r, const char *folder, const char *name)
{
	char path[4096];
	size_t len = 0;
	enum policy_format format = POLICY_FORMAT_TESTS;
	char *text;

	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
		report_file(r, folder, "a path in this folder is too long");
		return;
	}
	text = file_text(r, path, &len);
	if (!text)
		return;
	if (!ends_in(name, ".test.json"))
		format = policy_format_of(text, len);
	if (format == POLICY_FORMAT_POLICY) {
		source_add(r, path, text, len);
	} else if (format == POLICY_FORMAT_TESTS && !r->passes_tests_over && !has_tests(r, path)) {
		tests_add(r, path, text, len);
	} else {
		if (format == POLICY_FORMAT_OTHER)
			ignored_add(r, path);
		free(text);
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

/* Large inventories are parsed once, not twice: most do not even hold the word. */
static bool is_tests(const char *path, const char *text, size_t len)
{
	static const char word[] = "ace-policy-tests/";

	return ends_in(path, ".test.json") ||
	       (memmem(text, len, word, sizeof word - 1) && policy_format_of(text, len) == POLICY_FORMAT_TESTS);
}

/* X.test.json beside X.json, if it is there. */
static void read_beside(struct reading *r, const char *path)
{
	size_t len = strlen(path);
	char beside[4096], *text;

	if (!ends_in(path, ".json") ||
	    snprintf(beside, sizeof beside, "%.*s.test.json", (int)(len - 5), path) >= (int)sizeof beside)
		return;
	if (has_tests(r, beside) || access(beside, F_OK))
		return;
	text = file_text(r, beside, &len);
	if (text)
		tests_add(r, beside, text, len);
}

static void read_named(struct reading *r, const char *path)
{
	size_t len = 0;
	char *text = file_text(r, path, &len);

	if (!text)
		return;
	if (!is_tests(path, text, len)) {
		source_add(r, path, text, len);
		read_beside(r, path);
	} else if (has_tests(r, path)) {
		free(text);
	} else {
		tests_add(r, path, text, len);
	}
}

/* The folders that the tests are in, each once. */
static void read_around(struct reading *r)
{
	r->passes_tests_over = true;
	for (size_t i = 0; i < r->files.tests_len; i++) {
		const char *name = r->files.tests[i].name, *slash = strrchr(name, '/');
		size_t len = slash ? (size_t)(slash - name) : 0;
		char *folder = !slash ? strdup(".") : strndup(name, len ? len : 1);
		bool is_read = false;

		for (size_t k = 0; k < i && !is_read; k++) {
			const char *other = r->files.tests[k].name, *end = strrchr(other, '/');

			is_read = (end ? (size_t)(end - other) : 0) == len && !end == !slash && !strncmp(other, name, len);
		}
		if (!folder)
			r->no_memory = true;
		else if (!is_read)
			read_folder(r, folder);
		free(folder);
	}
}

static void read_paths(struct reading *r, const char *const *paths, size_t paths_len)
{
	for (size_t i = 0; i < paths_len; i++) {
		struct stat st;

		errno = 0;
		if (strcmp(paths[i], "-") && !stat(paths[i], &st) && S_ISDIR(st.st_mode))
			read_folder(r, paths[i]);
		else
			read_named(r, paths[i]);
	}
}

static enum ace_err finish(struct reading *r, size_t errors, struct policy_files *ret_files)
{
	if (!r->no_memory && r->problems->errors == errors) {
		*ret_files = r->files;
		return ACE_OK;
	}
	policy_files_free(&r->files);
	return r->no_memory ? ACE_ERR_MEMORY : ACE_ERR_IO;
}

enum ace_err policy_files_read(const char *const *paths, size_t paths_len, struct policy_problems *problems,
			       struct policy_files *ret_files)
{
	struct reading r = { .problems = problems };
	size_t errors = problems->errors;

	read_paths(&r, paths, paths_len);
	if (r.files.tests_len && !r.files.sources_len && problems->errors == errors)
		report_file(&r, r.files.tests[0].name, "these are tests, and no policy is named beside them");
	return finish(&r, errors, ret_files);
}

enum ace_err policy_files_read_tests(const char *const *paths, size_t paths_len, struct policy_problems *problems,
				     struct policy_files *ret_files)
{
	struct reading r = { .problems = problems };
	size_t errors = problems->errors;

	read_paths(&r, paths, paths_len);
	if (!r.files.sources_len && problems->errors == errors)
		read_around(&r);
	return finish(&r, errors, ret_files);
}

static void list_free(struct policy_source *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free((void *)(uintptr_t)list[i].name);
		free((void *)(uintptr_t)list[i].text);
	}
	free(list);
}

void policy_files_free(struct policy_files *files)
{
	list_free(files->sources, files->sources_len);
	list_free(files->tests, files->tests_len);
	for (size_t i = 0; i < files->ignored_len; i++)
		free(files->ignored[i]);
	free(files->ignored);
	*files = (struct policy_files){ 0 };
}
