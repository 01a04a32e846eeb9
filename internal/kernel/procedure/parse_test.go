package procedure

import (
	"os"
	"testing"

	"rahgosha/internal/base/locale"
)

func permit(t testing.TB) *Definition {
	t.Helper()
	d, problems := Parse(os.DirFS("testdata/permit"))
	for _, p := range Errors(append(problems, Check(d, CheckContext{})...)) {
		t.Errorf("%s\n%s\n%s", p.String(locale.EN), p.String(locale.FA), p.Excerpt)
	}
	return d
}

func TestValuesReadRightWithoutQuotes(t *testing.T) {
	t.Parallel()
	d := permit(t)
	if got := d.From.String(); got != "1405/01/01" {
		t.Errorf("from = %s", got)
	}
	if got := *d.Fact("fee").Max; got != 70_000_000_000 {
		t.Errorf("fee max = %d", got)
	}
	if got := *d.Fact("share").Max; got != 2500 {
		t.Errorf("share max = %d basis points", got)
	}
	e := d.Examples[0]
	for name, want := range map[string]any{"owner_code": "0499370899", "area": int64(10), "fee": int64(50_000_000), "place": "wall"} {
		if e.Facts[name] != want {
			t.Errorf("example %s = %#v, want %#v", name, e.Facts[name], want)
		}
	}
	if got := e.Unit["licence_expiry"]; got != "2027-03-21" {
		t.Errorf("licence_expiry = %v", got)
	}
}

func TestCanonicalRoundTrip(t *testing.T) {
	t.Parallel()
	d := permit(t)
	back, err := ParseCanonical(d.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	if back.Hash != d.Hash || d.Hash == "" {
		t.Fatalf("hash %q became %q", d.Hash, back.Hash)
	}
}
