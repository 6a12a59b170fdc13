/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a harness over files, or all files of directories, without libFuzzer: any compiler will do. Each input stands in
 * memory of exactly its length, so that sanitizers and valgrind see a step over its end. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_MAX 65536

static unsigned long inputs;

static bool replay_file(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(bytes, 1, sizeof bytes, file) : 0;
	uint8_t *exact = malloc(len ? len : 1);

	if (file && exact) {
		memcpy(exact, bytes, len);
		(void)LLVMFuzzerTestOneInput(exact, len);
		inputs++;
	}
	free(exact);
	return file && !fclose(file);
}

static bool replay_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[1024];
	bool good = dir;

	while (good && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		good = snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < (int)sizeof name && replay_file(name);
	}
	if (dir)
		closedir(dir);
	return good;
}

int main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) || !(S_ISDIR(st.st_mode) ? replay_dir(argv[i]) : replay_file(argv[i]))) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 1;
		}
	}
	printf("%lu inputs, %lu accepted\n", inputs, fuzz_accepted);
	return !fuzz_accepted;
}
