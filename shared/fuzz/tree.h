/* The files that a fuzzed program finds, and the paths that it says. */
#ifndef SHARED_FUZZ_TREE_H
#define SHARED_FUZZ_TREE_H

enum fuzz_node_type {
	FUZZ_NODE_DIR,
	FUZZ_NODE_FILE, /* content: text, repeated up to size bytes */
	FUZZ_NODE_LINK, /* text: the target */
	FUZZ_NODE_FIFO,
	FUZZ_NODE_DEVICE, /* text: the device of the host's tree that it is, major and minor its
			     number */
	FUZZ_NODE_EXIT,	  /* a program that exits at once, with status 7 */
};

struct fuzz_node {
	const char *path;
	unsigned char type; /* enum fuzz_node_type */
	unsigned char major, minor;
	unsigned short mode;
	unsigned int size;
	const char *text;
};

extern const struct fuzz_node fuzz_node[];
extern const unsigned int fuzz_node_count;

/* FUZZ_ARG_PATH: the value is an index. New ones come at the end. */
extern const char *const fuzz_path[];
extern const unsigned int fuzz_path_count;

#endif
