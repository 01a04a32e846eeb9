package arch

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheHouseKeepsItsRules(t *testing.T) {
	t.Parallel()
	found, err := Check("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// planted are trees with one fault each: the rule that must find it, and what its finding must say.
var planted = []struct {
	rule, path, text, say string
}{
	{"floors", "internal/base/money/m.go", `package money; import _ "rahgosha/internal/kernel/casework"`, "imports go down only"},
	{"floors", "internal/insight/trade/m.go", `package trade; import _ "rahgosha/internal/kernel/casework"`, "imports go down only"},
	{"floors", "internal/kernel/casework/m.go", `package casework; import _ "rahgosha/internal/programme/town"`, "imports go down only"},
	{"floors", "internal/programme/town/m.go", `package town; import _ "rahgosha/internal/programme/council"`, "each other"},
	{"floors", "internal/programme/town/m.go", `package town; import _ "golang.org/x/text/language"`, "module"},
	{"floors", "internal/surface/web/m.go", `package web; import _ "rahgosha/internal/store"`, "imports go down only"},
	{"floors", "internal/surface/web/m.go", `package web; import _ "rahgosha/internal/surface/api"`, "each other"},
	{"floors", "internal/surface/httpkit/m.go", `package httpkit; import _ "rahgosha/internal/surface/web"`, "each other"},
	{"floors", "internal/store/m.go", `package store; import _ "rahgosha/internal/surface/web"`, "imports go down only"},
	{"floors", "internal/store/m.go", `package store; import _ "github.com/xuri/excelize/v2"`, "module"},
	{"floors", "internal/kernel/party/m.go", `package party; import _ "database/sql/driver"`, "neither SQL nor HTTP"},
	{"floors", "internal/base/text/m.go", `package text; import _ "net/http"`, "neither SQL nor HTTP"},
	{"floors", "internal/helpers/m.go", `package helpers`, "no floor"},
	{"floors", "cmd/rahgosha/main.go", `package main; import _ "rahgosha/internal/store"`, "imports go down only"},
	{"verifier", "cmd/rahgosha-verify/main.go", `package main; import _ "rahgosha/internal/kernel/journal"`, "x/mod"},
	{"verifier", "cmd/rahgosha-verify/main.go", "package main\n" + strings.Repeat("//\n", 600), "more than 500"},
	{"package-doc", "internal/base/money/m.go", `package money`, "no package doc"},
	{"persian-in-go", "internal/base/money/m.go", "package money\nconst toman = \"تومان\"", "locale"},
	{"clock", "internal/base/money/m.go", "package money\nimport \"time\"\nvar now = time.Now()", "time.Now"},
	{"clock", "internal/store/m.go", "package store\nimport clk \"time\"\nvar now = clk.Now", "time.Now"},
	{"print", "internal/store/m.go", "package store\nimport \"fmt\"\nfunc f() { fmt.Println(1) }", "fmt.Println"},
	{"undone", "internal/store/m.go", "package store\n// TO" + "DO: later", "unfinished"},
	{"undone", "internal/surface/web/templates/a.html", "<!-- FIX" + "ME -->", "unfinished"},
	{"machine-path", "internal/store/m.go", "package store\nconst dir = \"/ho" + "me/ali/x\"", "one machine"},
	{"foreign-host", "internal/surface/web/templates/a.html", `<script src="https://cdn.example.com/a.js">`, "cdn.example.com"},
	{"foreign-host", "internal/surface/web/templates/a.html", `<script src="//cdn.example.com/a.js">`, "another host"},
	{"foreign-host", "internal/surface/web/static/css/a.css", `@import url(http://fonts.example.com/x)`, "fonts.example.com"},
	{"absent", "internal/surface/paper/m.go", `package paper; import _ "os/exec"`, "imports os/exec"},
	{"absent", "internal/store/m.go", `package store; import rand "math/rand"`, "imports math/rand"},
	{"absent", "internal/app/m.go", `package app; import _ "net/http/pprof"`, "imports net/http/pprof"},
	{"absent", "internal/kernel/journal/m.go", `package journal; import _ "crypto/md5"`, "imports crypto/md5"},
	{"absent", "internal/kernel/journal/m.go", `package journal; import "unsafe"`, "imports unsafe"},
	{"absent", "internal/surface/web/static/js/a.js", `box.innerHTML = said`, "textContent"},
	{"absent", "internal/surface/web/static/js/a.js", `localStorage.setItem("draft", text)`, "keep nothing"},
	{"absent", "internal/surface/web/static/js/a.js", `addEventListener("message", (e) => eval(e.data))`, "no script"},
	{"fetch", "internal/app/m.go", `package app; import "net/http"; var res, err = http.Get(address)`, "asks another machine"},
	{"fetch", "internal/app/m.go", `package app; import "net"; var d = net.Dialer{}`, "asks another machine"},
	{"mend", "internal/store/m.go", `package store; var err = fault.New(fault.Full, "store.planted")`, "store.planted does not say in English"},
	{"mend", "internal/store/m.go", `package store; var err = fault.Wrap(cause, fault.Full, "store.planted")`, "store.planted does not say in Persian"},
	{"mend", "internal/store/m.go", `package store; var err = &fault.Fault{Key: "store.planted"}`, "store.planted does not say"},
	{"mend", "internal/store/m.go", `package store; var err = fault.New(fault.Full, "store.pl"+kind)`, "store.planted does not say"},
	{"mend", "internal/store/m.go", `package store; func bad(n int, key string) error { return fault.New(fault.Full, key) }; var err = bad(1, "store.planted")`, "store.planted does not say"},
	{"mend", "internal/store/m.go", `package store; var table = []row{{"store.planted"}}; func f() error { return fault.New(fault.Full, table[0].text) }`, "store.planted does not say"},
	{"map", "ARCHITECTURE.md", "`internal/kernel/ghost`", "does not exist"},
	{"map", "internal/kernel/ghost/g.go", "package ghost", "is missing"},
}

// plantedTexts are the locale files of every planted tree: one text that only complains, and one that helps.
var plantedTexts = map[string]string{
	"internal/base/locale/en/store.json": `{"store.planted": "The disk is full.", "store.helps": "The disk is full; remove old backups."}`,
	"internal/base/locale/fa/store.json": `{"store.planted": "دیسک پر است و باید خالی شود.", "store.helps": "دیسک پر است؛ پشتیبان‌های کهنه را پاک کنید."}`,
}

func TestEveryRuleFindsAPlantedFault(t *testing.T) {
	t.Parallel()
	proved := map[string]bool{}
	for _, p := range planted {
		proved[p.rule] = true
		files := maps.Clone(plantedTexts)
		files[p.path] = p.text
		found := checkPlanted(t, files, p.rule)
		if !strings.Contains(found, p.say) {
			t.Errorf("%s did not find %q in %s; it found: %s", p.rule, p.say, p.text[:min(80, len(p.text))], found)
		}
	}
	for _, r := range Rules {
		if !proved[r.Name] {
			t.Errorf("the rule %s has no planted fault", r.Name)
		}
	}
}

func TestTheMapMustNameEveryPackage(t *testing.T) {
	t.Parallel()
	found := checkPlanted(t, map[string]string{
		"ARCHITECTURE.md":            "`internal/kernel/seen`",
		"internal/kernel/seen/s.go":  "package seen",
		"internal/kernel/ghost/g.go": "package ghost",
	}, "map")
	if !strings.Contains(found, "does not name the package internal/kernel/ghost") || strings.Contains(found, "seen") {
		t.Errorf("found: %s", found)
	}
}

// TestWhatIsAllowed keeps the rules from refusing what the house allows.
func TestWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for path, text := range map[string]string{
		"internal/surface/web/m.go":           `package web; import (_ "rahgosha/internal/surface/httpkit"; _ "rahgosha/internal/surface/paper"; _ "net/http")`,
		"internal/surface/web/view/m.go":      `package view; import _ "rahgosha/internal/surface/web/form"`,
		"internal/kernel/casework/m.go":       `package casework; import (_ "rahgosha/internal/kernel/journal"; _ "cel.dev/cel-go/cel")`,
		"internal/kernel/casework/m_test.go":  `package casework_test; import _ "rahgosha/internal/store"`,
		"internal/app/m.go":                   `package app; import (_ "rahgosha/internal/store"; _ "example.com/any/thing")`,
		"cmd/rahgosha-verify/main.go":         `package main; import _ "golang.org/x/mod/sumdb/tlog"`,
		"internal/base/clock/c.go":            "package clock\nimport \"time\"\nvar now = time.Now",
		"internal/base/text/t.go":             "package text\nconst kaf, two = \"\\u06a9\", \"ک\"",
		"internal/base/text/t_test.go":        "package text\nconst word = \"کارگاه\"",
		"internal/store/m.go":                 `package store; var err = fault.New(fault.Full, "store.helps")`,
		"internal/surface/web/a.svg":          `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"internal/base/memory/m.go":           `package memory; import _ "unsafe"`,
		"tools/bench/m.go":                    `package main; import _ "os/exec"`,
		"internal/surface/web/static/js/b.js": `out.textContent = said; // evaluate nothing`,
		"tools/assets/m.go":                   "package main\nimport \"fmt\"\nfunc main() { fmt.Println() }",
	} {
		for _, r := range Rules {
			if r.Name == "package-doc" || r.Name == "map" {
				continue
			}
			files := maps.Clone(plantedTexts)
			files[path] = text
			if found := checkPlanted(t, files, r.Name); found != "" {
				t.Errorf("%s: %s", path, found)
			}
		}
	}
}

// checkPlanted writes files into an empty tree and gives one rule's findings, one a line.
func checkPlanted(t *testing.T, files map[string]string, rule string) string {
	t.Helper()
	root := t.TempDir()
	for p, text := range files {
		full := filepath.Join(root, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Check(root)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range found {
		if f.Rule == rule {
			lines = append(lines, f.String())
		}
	}
	return strings.Join(lines, "\n")
}
