package arch

import (
	"regexp"
	"strings"
)

// absentImports are packages that whole classes of weakness need, and the folders that may import them all the same. The
// product is spared those weaknesses by not having them: docs/asvs.csv rests on it.
var absentImports = map[string][]string{
	"os/exec":        {"tools", "e2e", "internal/store/pgtest"}, // the last is for tests
	"plugin":         nil,
	"net/rpc":        nil,
	"net/smtp":       nil,
	"net/http/pprof": nil,
	"encoding/gob":   nil,
	"encoding/xml":   nil,
	"crypto/md5":     nil,
	"crypto/des":     nil,
	"crypto/rc4":     nil,
	"crypto/rsa":     nil,
	"crypto/sha1":    {"internal/kernel/party"}, // inside the HMAC of time-based codes
	"math/rand":      nil,
	"math/rand/v2":   {"internal/app/sample", "internal/store", "tools"}, // the invented province; how long to wait before trying again
	"text/template":  {"internal/kernel/procedure"},                      // letters, which are no HTML
	"unsafe":         {"internal/base/memory", "internal/store"},
}

// absentWords are what no script of a page may say: text becomes markup or a program by them, or stays in the browser.
var absentWords = regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|document\.write|eval|new Function|` +
	`localStorage|sessionStorage|indexedDB|postMessage|__proto__)\b`)

// absent keeps out of the product what it is safer without.
func absent(t *Tree) []Finding {
	var out []Finding
	for _, f := range t.product() {
		for _, spec := range f.Syntax.Imports {
			pkg := strings.Trim(spec.Path.Value, `"`)
			if allowed, ok := absentImports[pkg]; ok && !underAny(f.Dir(), allowed) {
				out = append(out, Finding{Path: f.Path, Line: t.line(spec), Text: "imports " + pkg + ": the product is safer without it (docs/asvs.csv)"})
			}
		}
	}
	return append(out, grep(t.scripts(), absentWords, "no script of a page may use this: write text with textContent, keep nothing in the browser")...)
}

// scripts are the sources of the pages' scripts.
func (t *Tree) scripts() []File {
	var out []File
	for _, f := range t.Files {
		if under(f.Path, "internal/surface/web") && strings.HasSuffix(f.Path, ".js") {
			out = append(out, f)
		}
	}
	return out
}
