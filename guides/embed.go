// Package guides holds the guides for people, by role and language, as they stand in the product and in the repository.
// Words in bold are words of the interface or of a procedure; a test of surface/web holds them to it. Their pictures are
// made by the browser's tests (make shots).
package guides

import "embed"

// Files are NAME.LANGUAGE.md and pictures/NAME-LANGUAGE.webp.
//
//go:embed *.md pictures
var Files embed.FS
