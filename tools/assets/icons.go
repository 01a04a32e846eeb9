package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// iconShapes is what is inside an icon's <svg>, without the blanks between the shapes.
var iconShapes = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)

// Icons makes dist/icons.svg, one <symbol id="i-NAME"> for each name in icons/lucide.txt, from the npm package
// lucide-static (ISC), and copies our own icons/*.svg beside it. Without icons/ it does nothing.
func Icons(static, dist string) ([]api.OutputFile, error) {
	dir := filepath.Join(static, "icons")
	list, err := os.ReadFile(filepath.Join(dir, "lucide.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sheet, err := sprite(static, strings.Fields(string(list)))
	if err != nil {
		return nil, err
	}
	own, err := ownIcons(dir, dist)
	return append(own, api.OutputFile{Path: filepath.Join(dist, "icons.svg"), Contents: sheet}), err
}

func sprite(static string, names []string) ([]byte, error) {
	from, err := above(static, filepath.Join("node_modules", "lucide-static", "icons"))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg"><!-- lucide-static, ISC License, Lucide Icons and Contributors -->`)
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(from, name+".svg"))
		if err != nil {
			return nil, fmt.Errorf("icons/lucide.txt names %q, which lucide-static does not have: %w", name, err)
		}
		shapes := iconShapes.FindSubmatch(raw)
		if shapes == nil {
			return nil, fmt.Errorf("%s.svg has no <svg> element", name)
		}
		fmt.Fprintf(&b, `<symbol id="i-%s" viewBox="0 0 24 24">%s</symbol>`, name, oneLine(string(shapes[1])))
	}
	b.WriteString("</svg>")
	return b.Bytes(), nil
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.ReplaceAll(strings.ReplaceAll(s, " />", "/>"), "> <", "><")
}

func ownIcons(dir, dist string) ([]api.OutputFile, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil {
		return nil, err
	}
	var out []api.OutputFile
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, api.OutputFile{Path: filepath.Join(dist, filepath.Base(f)), Contents: raw})
	}
	return out, nil
}

// above looks for a path in dir and its parents.
func above(dir, rel string) (string, error) {
	at, err := filepath.Abs(dir)
	for err == nil {
		p := filepath.Join(at, rel)
		if _, missing := os.Stat(p); missing == nil {
			return p, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no %s above %s: run npm ci --ignore-scripts first", rel, dir)
		}
		at = filepath.Dir(at)
	}
	return "", err
}
