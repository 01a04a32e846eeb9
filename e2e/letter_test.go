package e2e

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

// tool runs a tool of the PDF kit and gives what it prints.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("RAHGOSHA_REQUIRE_TOOLS") != "" {
			t.Fatalf("%s is needed: apt-get install poppler-utils zbar-tools", name)
		}
		t.Skipf("skipped: no %s (apt-get install poppler-utils zbar-tools)", name)
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// download gets a file as the page's person would download it.
func download(t *testing.T, p *harness.Page, path string) string {
	t.Helper()
	text := harness.Eval[string](p, `fetch("`+path+`").then(r => r.arrayBuffer()).then(b => btoa(Array.from(new Uint8Array(b), c => String.fromCharCode(c)).join("")))`)
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// personal is a national code, a mobile number or an IBAN, in any digits.
var personal = regexp.MustCompile(`(^|[^0-9۰-۹])[0-9۰-۹]{10}([^0-9۰-۹]|$)|(\+98|09|۰۹)[0-9۰-۹]{9}|IR[0-9۰-۹]{24}`)

// hash is one of the log's, in hexadecimal or base64. One in fifteen has ten digits together, which are no number.
var hash = regexp.MustCompile(`[0-9A-Za-z+/]{40,}=*`)

// TestALetterIsVerified follows letter L05 from the branch's screen through paper to the public page: its Persian text
// extracts, its QR reads, the address it gives confirms the number, and another address confirms nothing.
func TestALetterIsVerified(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	unit := o.as(firm)
	base := o.draft(unit, request{amount: amount, uses: amount, cheque: "W"})
	o.submit(unit)
	o.opine(o.as("dir.expert"), base)
	deputy := o.as("dir.deputy")
	o.act(deputy, base, "approve", nil)
	o.act(deputy, base, "sign", nil)

	bank := o.as("bank.branch")
	bank.Open(base)
	link := harness.Eval[string](bank, `[...document.querySelectorAll('main a[href^="/letters/"]')].map(a => a.getAttribute("href")).pop() || ""`)
	if link == "" {
		t.Fatal("the branch finds no letter on the case's page")
	}
	bank.Open(link)
	number := bank.Text("article.letter header .code")
	file := download(t, bank, strings.SplitN(link, "?", 2)[0]+".pdf")
	if text := tool(t, "pdftotext", "-enc", "UTF-8", file, "-"); !strings.Contains(text, "معرفی") || !strings.Contains(text, "ریال") {
		t.Errorf("the letter's text does not extract: %.200s", text)
	}
	tool(t, "pdftoppm", "-r", "200", "-png", "-singlefile", file, strings.TrimSuffix(file, ".pdf"))
	codes := strings.Fields(tool(t, "zbarimg", "--quiet", "--raw", strings.TrimSuffix(file, ".pdf")+".png"))
	slices.Sort(codes) // the receipt, whose letters are capital, and the address
	if len(codes) != 2 || !strings.HasPrefix(codes[0], "RG1:") {
		t.Fatalf("the page bears %q, want a receipt and an address", codes)
	}
	qr, err := url.Parse(codes[1])
	if err != nil || qr.Path == "" {
		t.Fatalf("the QR gives no address: %v", err)
	}

	public := o.guest()
	if s := public.Open(qr.RequestURI()); s != http.StatusOK {
		t.Fatalf("%s answers %d", qr, s)
	}
	if public.Count("main .flash.good") != 1 || !strings.Contains(public.Text("main"), number) {
		t.Errorf("%s does not confirm letter %s: %s", qr, number, public.Text("main"))
	}
	shown := public.Text("main")
	if date := bank.Text("article.letter header time"); date == "" || !strings.Contains(shown, date) {
		t.Errorf("the public page does not show the letter's date %q", date)
	}
	if root := public.Text("main .seal .hash"); len(root) < 40 {
		t.Errorf("the public page proves the letter by no hash of the log: %q", root)
	}
	if found := personal.FindString(hash.ReplaceAllString(shown, " ")); found != "" {
		t.Errorf("the public page shows %q", found)
	}
	expert := o.as("dir.expert")
	expert.Open("/units")
	expert.Open(harness.Eval[string](expert, `document.querySelector('main a.row-link[href^="/units/"]').getAttribute("href")`))
	if !personal.MatchString(expert.Text("main")) {
		t.Error("what should find personal data does not find them in the company file")
	}
	public.Open(qr.RequestURI() + "x")
	if public.Count("main .flash.good") != 0 || public.Count("main .flash.bad") != 1 {
		t.Errorf("an address nobody printed is confirmed: %s", public.Text("main"))
	}
}
