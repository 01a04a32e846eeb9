package procedure

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"rahgosha/internal/base/ident"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/procedure/rule"
)

// formats teaches the validator the checks that patterns cannot say.
func formats(c *jsonschema.Compiler) {
	c.AssertFormat()
	c.RegisterFormat(&jsonschema.Format{Name: "rahgosha-id-national_code", Validate: func(v any) error {
		if s, ok := v.(string); ok {
			return ident.Check("national_code", s).Err()
		}
		return nil
	}})
	c.RegisterFormat(&jsonschema.Format{Name: "rahgosha-date", Validate: func(v any) error {
		if s, ok := v.(string); ok {
			_, err := jalali.FromCivil(s)
			return err
		}
		return nil
	}})
}

func formSchema(t *rapid.T, d *Definition, f *Form, in rule.Input) *jsonschema.Schema {
	b, err := f.JSONSchema(d, locale.EN, in)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	formats(c)
	if err := c.AddResource("form.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("form.json")
}

// For typed values the schema and the server say the same.
func TestSchemaAcceptsWhatTheServerAccepts(t *testing.T) {
	t.Parallel()
	d := permit(t)
	f := d.Form("request")
	rapid.Check(t, func(t *rapid.T) {
		values := map[string]any{}
		pick := func(name string, vals ...any) {
			if v := rapid.SampledFrom(append(vals, nil)).Draw(t, name); v != nil {
				values[name] = v
			}
		}
		pick("owner_code", "0499370899", "0499370898", "1")
		pick("area", int64(1), int64(1000), int64(0), int64(1001))
		pick("fee", int64(100000), int64(99999), int64(70_000_000_001))
		pick("share", int64(0), int64(2500), int64(2501))
		pick("place", "wall", "roof", "moon")
		pick("roof_letter", "sha256", strings.Repeat("x", maxText+1))
		pick("stranger", "x")
		in := rule.Input{Facts: d.Input(values), Today: d.From}
		faults := ValidateForm(d, f, values, in)
		err := formSchema(t, d, f, in).Validate(values)
		if (err == nil) != (len(faults) == 0) {
			t.Fatalf("%v: schema %v, server %v", values, err, faults)
		}
	})
}

func TestServerAsksWhatIsVisible(t *testing.T) {
	t.Parallel()
	d := permit(t)
	f := d.Form("request")
	base := map[string]any{"owner_code": "0499370899", "area": "\u06F1\u06F0", "place": "roof"}
	faults := ValidateForm(d, f, base, rule.Input{Today: d.From})
	if len(faults) != 1 || faults[0].Field != "roof_letter" || faults[0].Key != "procedure.field.required" {
		t.Errorf("on the roof: %v", faults)
	}
	base["place"] = "wall"
	if faults := ValidateForm(d, f, base, rule.Input{Today: d.From}); len(faults) != 0 {
		t.Errorf("on the wall: %v", faults)
	}
	base["fee"] = "7 toman"
	if faults := ValidateForm(d, f, base, rule.Input{Today: d.From}); len(faults) != 1 || faults[0].Key != "procedure.toman" {
		t.Errorf("toman: %v", faults)
	}
}

func TestLettersSayWhatTheCaseKnows(t *testing.T) {
	t.Parallel()
	d := permit(t)
	data := LetterData{Facts: map[string]any{"place": "wall", "decided_fee": int64(5_000_000)}, Unit: "\u0648\u0627\u062D\u062F", Today: d.From}
	got, err := RenderLetter(d, d.Letter("L06"), data)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Paragraphs) != 2 || !strings.Contains(got.Paragraphs[1], "۵٬۰۰۰٬۰۰۰ ریال (پنج میلیون ریال)") || got.To != data.Unit {
		t.Errorf("%+v", got)
	}
	delete(data.Facts, "decided_fee")
	if _, err := RenderLetter(d, d.Letter("L06"), data); err == nil {
		t.Error("a letter without its amount was written")
	}
	data.Unit = ""
	data.Facts["decided_fee"] = int64(1)
	if _, err := RenderLetter(d, d.Letter("L06"), data); err == nil || !strings.Contains(err.Error(), "unit.name") {
		t.Errorf("a letter without addressee: %v", err)
	}
	data.Conditions = []string{"C2"}
	data.Unit = "x"
	refusal, err := RenderLetter(d, d.Letter("L08"), data)
	if err != nil || !strings.Contains(strings.Join(refusal.Paragraphs, "\n"), d.Condition("C2").Text.FA) {
		t.Errorf("refusal %+v, %v", refusal, err)
	}
}

// The order of keys, comments and quotes make no difference to the hash; a changed deadline does.
func TestHashFollowsTheMeaning(t *testing.T) {
	t.Parallel()
	_, same, _ := folder(t, "testdata/check/letter-wrong.txtar")
	base, _ := Parse(same)
	src := string(same[mainFile].Data)
	change := func(old, next string) string {
		if !strings.Contains(src, old) {
			t.Fatalf("no %q", old)
		}
		same[mainFile].Data = []byte(strings.Replace(src, old, next, 1))
		d, _ := Parse(same)
		return d.Hash
	}
	if change("limit: 5 working days", "limit: '5 working days'") != base.Hash || change("calendar: ir-alborz\n", "calendar: \"ir-alborz\" # note\n") != base.Hash ||
		change("in: decision\n    by: dir.deputy\n    kind: grant", "by: [dir.deputy]\n    in: [decision]\n    kind: grant") != base.Hash {
		t.Error("spelling changed the hash")
	}
	if change("limit: 5 working days", "limit: 6 working days") == base.Hash {
		t.Error("a changed deadline did not change the hash")
	}
}
