package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

func TestTwoPersonsWithTheRightPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := func(login string) access.Principal {
		_, p, err := w.Party.SignIn(t.Context(), login, password, "", "127.0.0.1")
		must(t, err)
		return p
	}
	folder := second(t, "{other: pin}")
	for _, two := range [][2]string{{"dir.deputy", "dir.expert"}, {"dir.expert", "dir.dg"}, {"dir.deputy", "dir.deputy"}} {
		if _, _, err := w.PublishAs(t.Context(), folder, [2]access.Principal{in(two[0]), in(two[1])}); err == nil || fault.Is(err, fault.Internal) {
			t.Errorf("%v published: %v", two, err)
		}
	}
	def, problems, err := w.PublishAs(t.Context(), folder, [2]access.Principal{in("dir.deputy"), in("dir.dg")})
	if err != nil {
		t.Fatal(err, problems)
	}
	// A case opened afterwards carries the new hash.
	if v := w.look(t, "unit.ceo", w.open(t)); v.Procedure.Hash != def.Hash {
		t.Errorf("a new case stands on %s, not on %s", v.Procedure.Hash, def.Hash)
	}
}

// rahgosha runs the program with lines on its standard input.
func rahgosha(input string, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = app.Main(args, strings.NewReader(input), &o, &e)
	return code, o.String(), e.String()
}

func TestNamesAlonePublishOnlyWhereNobodyCanSignIn(t *testing.T) {
	t.Parallel()
	if code, out, errs := rahgosha("", "procedure", "publish", "experts-board-62", "--data", t.TempDir(), "--approvers", "a,b"); code != 0 {
		t.Fatalf("an empty province: %d %s %s", code, out, errs)
	}
	w := newWorld(t)
	dir, data := t.TempDir(), w.Data
	for path, f := range second(t, "{other: pin}") {
		file := filepath.Join(dir, path)
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, f.Data, 0o600))
	}
	must(t, w.Close())
	for name, c := range map[string]struct {
		input string
		args  []string
	}{
		"names":             {"", []string{"--approvers", "a,b"}},
		"one login":         {password + "\n", []string{"--login", "dir.deputy"}},
		"a wrong password":  {password + "\nwrong-password-1405\n", []string{"--login", "dir.deputy,dir.dg"}},
		"nobody's password": {password + "\n", []string{"--login", "dir.deputy,dir.dg"}},
	} {
		if code, out, _ := rahgosha(c.input, append([]string{"procedure", "publish", dir, "--data", data}, c.args...)...); code == 0 || out != "" {
			t.Errorf("%s published: %s", name, out)
		}
	}
	code, out, errs := rahgosha(password+"\n"+password+"\n", "procedure", "publish", dir, "--data", data, "--login", "dir.deputy,dir.dg")
	if code != 0 || !strings.Contains(out, "referral 1.1") {
		t.Errorf("%d %s %s", code, out, errs)
	}
}
