// Package memory asks the system for memory on large pages. On a virtual machine finding where a small page (4 KiB) of
// memory lies, once the processor has forgotten it, takes longer than reading it: up to some microseconds, which a walk
// through a page cache or a heap pays at each step. Large pages (2 MiB on amd64) are remembered 512 times as far. Where the
// system has none all works as well, and slower.
package memory
