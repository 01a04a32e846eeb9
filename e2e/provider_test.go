package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/e2e/harness"
)

// TestStaffSignInAtTheirBodyInABrowser connects an account with a real provider, signs in there, shows a second factor beside
// it, signs out, and finds the provider away; in both languages, each page held to axe at both widths.
func TestStaffSignInAtTheirBodyInABrowser(t *testing.T) {
	t.Parallel()
	data, listen := sample(t), freePort(t)
	home := "http://" + listen
	issuer, stop := startProvider(t, home)
	for file, text := range map[string]string{
		"providers.json": fmt.Sprintf(`[{"id":"body","name":{"fa":"سازمان صنعت","en":"the Industry Organisation"},"issuer":%q,"client":"rahgosha","secret_file":"body.secret","second":["urn:test:two"],"private":["127.0.0.1/32"]}]`, issuer),
		"body.secret":    "a secret of the tests",
	} {
		if err := os.WriteFile(filepath.Join(data, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	harness.Start(t, "demo", "--data", data, "--listen", listen)
	o := officeAt(t, home)
	for lang, login := range map[string]string{"fa": "dir.deputy", "en": "dir.dg"} {
		p := o.guest()
		p.SetCookies(map[string]string{"lang": lang})
		p.Open("/sign-in")
		o.look(p, "provider-sign-in-"+lang, "h1")
		o.byPassword(p, login, "")
		p.Open("/account")
		p.Fill("#provider-password", password)
		o.look(p, "provider-account-"+lang, "#there-h")
		p.Follow(`main form[action="/account/providers"] button`)
		o.look(p, "provider-connect-"+lang, "h1")
		p.Follow("main .main-act")
		o.tells(p, login+"-two")
		if !strings.HasPrefix(p.Path(), "/account?said=provider_linked") {
			t.Fatalf("%s: connecting leads to %s: %s", lang, p.Path(), errorsOn(p))
		}
		p.Follow(`form[action="/sign-out"] button`)
		p.Open("/sign-in?next=/obligations")
		p.Follow(`main a[href^="/sign-in/with/body"]`)
		o.tells(p, login+"-two")
		if p.Path() != "/obligations" {
			t.Errorf("%s: signing in leads to %s: %s", lang, p.Path(), errorsOn(p))
		}
		p.Open("/account")
		o.look(p, "provider-connected-"+lang, "#there-h")
		p.Open("/step-up")
		o.look(p, "provider-step-up-"+lang, "h1")
		p.Follow(`form[action="/sign-out"] button`)
		o.look(p, "provider-signed-out-"+lang, "h1")
		for _, scripts := range []bool{false, true} {
			q := o.guest()
			q.Scripts(scripts)
			q.SetCookies(map[string]string{"lang": lang})
			q.Open("/sign-in")
			q.Follow(`main a[href^="/sign-in/with/body"]`)
			o.tells(q, "nobody-here")
			if q.Count("main .errors") != 1 {
				t.Errorf("%s: nobody is told why: %s", lang, q.Path())
			}
			if scripts { // axe is one
				o.look(q, "provider-unknown-"+lang, "h1")
			}
		}
	}
	stop()
}

// tells the provider's own page who one is, where it does not know it already.
func (o *office) tells(p *harness.Page, who string) {
	o.t.Helper()
	if p.Count("input[name=who]") == 0 {
		return
	}
	p.Fill("input[name=who]", who)
	p.Follow("button[value=in]")
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startProvider runs oidc-provider over loopback.
func startProvider(t *testing.T, home string) (issuer string, stop func()) {
	t.Helper()
	root := harness.Root(t)
	node, err := exec.LookPath("node")
	if err != nil {
		harness.Missing(t, "no node")
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "oidc-provider")); err != nil {
		harness.Missing(t, "no oidc-provider: run npm ci --ignore-scripts")
	}
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(root, "internal", "app", "testdata", "provider.mjs"), "rahgosha", "a secret of the tests", home+"/sign-in/back/body", home+"/")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	stop = func() { _ = cmd.Process.Kill() }
	t.Cleanup(func() { stop(); _ = cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "http://") {
			return lines.Text(), stop
		}
	}
	t.Fatal("the provider did not start")
	return "", nil
}
