package cli

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"rahgosha/internal/base/fault"
)

// OpenFile opens a file to read. What is none is invalid, saying what to do instead: cli.file_missing, cli.file_folder,
// cli.file_denied, cli.file.
func OpenFile(path string) (*os.File, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fileFault(err, path)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = syscall.EISDIR
	}
	if err != nil {
		return nil, fileFault(errors.Join(err, f.Close()), path)
	}
	return f, nil
}

func fileFault(err error, path string) error {
	key := "cli.file"
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		key = "cli.file_missing"
	case errors.Is(err, syscall.EISDIR):
		key = "cli.file_folder"
	case errors.Is(err, fs.ErrPermission):
		key = "cli.file_denied"
	}
	return fault.Wrap(err, fault.Invalid, key, "file", path)
}

// maxLine bounds a line of standard input, bytes.
const maxLine = 1 << 20

// lines gives each line of a text without its end. A line above the bound is told by its number and passed over, so that
// it hides none of the others; that makes the input invalid.
func lines(env *Env, f func(string) error) error {
	r, bad := bufio.NewReaderSize(env.In, 64<<10), false
	for n := 1; ; n++ {
		line, long, err := readLine(r)
		switch {
		case errors.Is(err, io.EOF):
			if bad {
				return ErrInvalid
			}
			return nil
		case err != nil:
			return fault.Wrap(err, fault.Invalid, "cli.input")
		case long:
			bad = true
			Tell(*env, fault.New(fault.Invalid, "cli.line_long", "line", n, "limit", maxLine>>10))
			continue
		}
		if err := f(line); err != nil {
			return err
		}
	}
}

// readLine reads to the end of a line, and of one above the bound keeps nothing; io.EOF when there is no more.
func readLine(r *bufio.Reader) (line string, long bool, err error) {
	var b strings.Builder
	for size := 0; ; {
		part, err := r.ReadSlice('\n')
		if size += len(part); size <= maxLine {
			b.Write(part)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && size == 0, err != nil && !errors.Is(err, io.EOF):
			return "", false, err
		}
		return strings.TrimSuffix(strings.TrimSuffix(b.String(), "\n"), "\r"), size > maxLine, nil
	}
}

// maxEcho is how much of what somebody gave is repeated to them, in characters.
const maxEcho = 120

// Echo repeats what somebody gave so that no terminal obeys it: without controls, and not at any length.
func Echo(s string) string {
	out := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
	if len(out) > maxEcho {
		return string(out[:maxEcho]) + "\u2026"
	}
	return string(out)
}

// echoed are a fault's arguments with the texts among them as Echo gives them.
func echoed(args map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range args {
		if s, ok := v.(string); ok && k != "kinds" && k != "commands" {
			v = Echo(s)
		}
		out[k] = v
	}
	return out
}
