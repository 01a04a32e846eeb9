package e2e

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rahgosha/e2e/harness"
)

// TestSecondFactorsInABrowser sets up an authenticator and a passkey on the page of the account, steps up and signs in by
// the passkey, and does without either in a browser that runs no scripts; in both languages, each page held to axe. A
// device that does not recognise its holder opens nothing.
func TestSecondFactorsInABrowser(t *testing.T) {
	t.Parallel()
	url := strings.Replace(harness.Start(t, demoArgs(sample(t))...).URL, "127.0.0.1", "localhost", 1) // passkeys belong to a name
	for lang, login := range map[string]string{"fa": "dir.deputy", "en": "dir.dg"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			o := officeAt(t, url)
			p := o.guest()
			p.SetCookies(map[string]string{"lang": lang})
			o.byPassword(p, login, "")
			codes := o.enrols(p, lang)
			device := p.Authenticator()
			p.Open("/account")
			p.Fill("#passkey-name", "گوشی phone")
			p.Follow("main .ask-key button")
			if p.Count(`main form[action^="/account/passkeys/"]`) != 1 {
				t.Fatalf("the passkey is not listed: %s", errorsOn(p))
			}
			o.look(p, "account-"+lang, "#keys-h")
			p.Open("/step-up")
			o.look(p, "step-up-"+lang, "h1")
			p.Follow("main .ask-key button")
			if !strings.HasPrefix(p.Path(), "/account?said=stepped_up") {
				t.Errorf("stepping up by the passkey leads to %s: %s", p.Path(), errorsOn(p))
			}
			p.Follow(`form[action="/sign-out"] button`)
			p.Open("/sign-in")
			o.look(p, "sign-in-"+lang, "h1")
			device.Knows(false)
			p.Click("main .ask-key button")
			harness.Eval[bool](p, `new Promise(done => { const said = document.querySelector(".ask-key .error"), look = () => said.hidden ? setTimeout(look, 20) : done(true); look(); })`)
			if p.Open("/account"); p.Count("#old") > 0 {
				t.Error("a device that does not recognise its holder signed in")
			}
			device.Knows(true)
			p.Open("/sign-in")
			p.Follow("main .ask-key button")
			if p.Path() != "/desk" {
				t.Fatalf("the passkey leads to %s: %s", p.Path(), errorsOn(p))
			}
			plain := o.guest()
			plain.Scripts(false)
			plain.SetCookies(map[string]string{"lang": lang})
			if o.byPassword(plain, login, ""); plain.Path() == "/desk" {
				t.Error("a password alone signs in beside a second factor")
			}
			if harness.Eval[bool](plain, `!!document.querySelector(".ask-key")?.checkVisibility()`) {
				t.Error("a passkey is offered where no script can use it")
			}
			if o.byPassword(plain, login, codes[0]); plain.Path() != "/desk" {
				t.Errorf("password and printed code lead to %s: %s", plain.Path(), errorsOn(plain))
			}
			plain.Open("/step-up")
			plain.Fill("#step-code", codes[1])
			if plain.Follow("main form .main-act"); !strings.HasPrefix(plain.Path(), "/account?said=stepped_up") {
				t.Errorf("stepping up by a printed code leads to %s: %s", plain.Path(), errorsOn(plain))
			}
		})
	}
}

func (o *office) byPassword(p *harness.Page, login, code string) {
	o.t.Helper()
	p.Open("/sign-in")
	p.Fill("#login", login)
	p.Fill("#password", password)
	if code != "" {
		p.Fill("#code", code)
	}
	p.Follow("main form .main-act")
}

// enrols adds an authenticator by its secret, and gives the printed codes.
func (o *office) enrols(p *harness.Page, name string) (codes []string) {
	o.t.Helper()
	p.Open("/account")
	p.Fill("#totp-password", password)
	p.Follow(`main form[action="/account/totp"] button`)
	o.look(p, "enrol-"+name, "#totp-h")
	p.Fill("#code", codeOf(o.t, p.Text(`main form[action="/account/totp"] .hash`)))
	p.Follow(`main form[action="/account/totp"] button`)
	p.Fill("#codes-password", password)
	p.Follow(`main form[action="/account/codes"] button`)
	codes = strings.Fields(p.Text(".codes"))
	if len(codes) != 10 {
		o.t.Fatalf("%d codes: %s", len(codes), errorsOn(p))
	}
	return codes
}

// look holds a page to axe at both widths, and takes a picture from a heading on where somebody wants to see it.
func (o *office) look(p *harness.Page, name, heading string) {
	o.t.Helper()
	for _, v := range p.AxeEveryView() {
		o.t.Errorf("%s: %s", name, v)
	}
	for _, width := range []int64{harness.Phone, harness.Desk} {
		p.View(width, "light")
		if n := p.SidewaysScroll(); n > 0 {
			o.t.Errorf("%s scrolls sideways by %d px at %d px", name, n, width)
		}
		if dir := os.Getenv("RAHGOSHA_LOOK"); dir != "" {
			harness.Eval[bool](p, fmt.Sprintf("(document.querySelector(%q).scrollIntoView(), true)", heading))
			p.Shot(filepath.Join(dir, fmt.Sprintf("%s-%d.webp", name, width)))
		}
	}
}

// codeOf is what an authenticator shows now (RFC 6238).
func codeOf(t *testing.T, secret string) string {
	t.Helper()
	seed, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	m := hmac.New(sha1.New, seed)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30)))
	sum := m.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

// What is typed into a search finds, on narrow screens and wide, with scripts and without, and stands in no address.
func TestASearchKeepsItsWordsOutOfTheAddress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const word = "نساجی"
	for width, scripts := range map[int64]bool{1440: true, 390: false} {
		p := o.signIn("dir.expert", scripts)
		p.View(width, "light")
		for list, box := range map[string]string{"/search": "#q", "/units": "#f-q"} {
			p.Open(list)
			p.Fill(box, word)
			if s := p.Follow(`main form[action="/seek"] button`); s != 200 || !strings.Contains(p.Path(), "w=") || !strings.HasPrefix(p.Path(), list+"?") {
				t.Errorf("%s at %d: %d at %s", list, width, s, p.Path())
			}
			if at, err := url.QueryUnescape(p.Path()); err != nil || strings.Contains(at, word) {
				t.Errorf("%s at %d: the words stand in %s", list, width, at)
			}
			if !strings.Contains(p.Text("main"), word) {
				t.Errorf("%s at %d finds nothing", list, width)
			}
			if p.SidewaysScroll() > 0 {
				t.Errorf("%s at %d scrolls sideways", list, width)
			}
			if scripts {
				if bad := p.Axe(); len(bad) > 0 {
					t.Errorf("%s: %v", list, bad)
				}
			}
		}
		if bad := p.Problems(); len(bad) > 0 {
			t.Errorf("%d: %v", width, bad)
		}
	}
}
