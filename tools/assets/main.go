// Command assets builds what the browser loads: it bundles the stylesheet and the scripts of the web surface with
// esbuild as a Go library, lowers the colours that esbuild leaves alone, and copies the fonts beside them. The result is
// git-ignored and embedded into the binary, so a run of the product needs no Node.
//
//	go run ./tools/assets [-static internal/surface/web/static]
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	static := flag.String("static", "internal/surface/web/static", "folder with css/, js/ and fonts/; the result goes to its dist/")
	flag.Parse()
	if err := run(*static); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run(static string) error {
	files, err := Build(static)
	if err != nil {
		return err
	}
	for _, f := range files {
		fmt.Printf("%8d B %7d B gz  %s\n", f.Raw, f.Gzip, f.Path)
	}
	return nil
}
