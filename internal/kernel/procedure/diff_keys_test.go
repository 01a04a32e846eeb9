package procedure

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// filler makes definitions in which every field that the language can write is set: ids and texts are numbered, in
// capitals, so that whatever stands in small Latin letters outside of quotes is a key without words.
type filler struct{ n int }

func (f *filler) name() string { f.n++; return fmt.Sprintf("Z%d", f.n) }

// fill sets v and everything below it.
func (f *filler) fill(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *locale.Text:
		*x = locale.Text{FA: f.name(), EN: f.name()}
		return
	case *Article:
		*x = Article{FA: f.name(), EN: f.name()}
		return
	case *jalali.Date:
		*x = jalali.Date{Year: 1405, Month: 1, Day: 1 + f.n%20}
		return
	case *calendar.Limit:
		*x = calendar.Limit{N: 3 + f.n%20, Unit: calendar.WorkingDays}
		return
	case *[]*Effect:
		for _, kind := range effectKinds {
			*x = append(*x, f.effect(kind))
		}
		return
	case *[]*Breach:
		for _, kind := range breachKinds {
			b := &Breach{Kind: kind, Name: f.name()}
			if kind == "open" {
				b.Give = f.effect(kind).Give
			}
			*x = append(*x, b)
		}
		return
	case *[]Event:
		for _, kind := range eventKinds {
			*x = append(*x, Event{Kind: kind, Name: f.name()})
		}
		return
	case *map[string]string:
		*x = map[string]string{f.name(): f.name()}
		return
	}
	f.fillKind(v)
}

func (f *filler) fillKind(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.name())
	case reflect.Int, reflect.Int64:
		f.n++
		v.SetInt(int64(f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Struct:
		for i := range v.NumField() {
			if written(v.Type(), v.Type().Field(i)) {
				f.fill(v.Field(i))
			}
		}
	}
}

// effect sets what an effect of this kind can say.
func (f *filler) effect(kind string) *Effect {
	e := &Effect{Kind: kind, Name: f.name()}
	for _, key := range effectKeys[kind] {
		switch key {
		case "from":
			e.From = f.name()
		case "rule":
			e.Rule = f.name()
		case "text":
			f.fill(reflect.ValueOf(&e.Text).Elem())
		case "give":
			e.Give = map[string]string{f.name(): f.name()}
		}
	}
	return e
}

// written says whether a field is part of what a procedure's folder says and a version pins: those with a key, ids, and
// what stands in files or below another key.
func written(of reflect.Type, f reflect.StructField) bool {
	if tag := f.Tag.Get("yaml"); tag != "" && tag != "-" {
		return of != reflect.TypeFor[Fact]() || f.Name != "Columns" // filled by whole, not without end
	}
	switch of.Name() + "." + f.Name {
	case "Fact.Min", "Fact.Max", "Decision.CSV", "Letter.Source", "Option.Code", "Option.Title", "Limit.N":
		return true
	}
	return f.Name == "ID" && f.Type.Kind() == reflect.String
}

// full is a definition with everything in it; two calls give equal ones.
func full() *Definition {
	d, f := &Definition{}, &filler{}
	f.fill(reflect.ValueOf(d).Elem())
	for _, x := range d.Facts {
		x.Columns = []*Fact{{}}
		f.fill(reflect.ValueOf(x.Columns[0]).Elem())
	}
	return d
}

// eachChange changes one thing below v after another, and puts it back after each visit.
func eachChange(v reflect.Value, path string, visit func(path string)) {
	try := func(what string, x reflect.Value) {
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		v.Set(x)
		visit(path + " " + what)
		v.Set(was)
	}
	if !strings.HasSuffix(path, "]") { // an item of a list is there or is not: its list takes it out
		try("unset", reflect.Zero(v.Type()))
	}
	switch x := v.Interface().(type) {
	case jalali.Date:
		x.Month++
		try("changed", reflect.ValueOf(x))
		return
	case calendar.Limit:
		x.N++
		try("changed", reflect.ValueOf(x))
		return
	case map[string]string:
		try("changed", reflect.ValueOf(map[string]string{"Z999": "Z998"}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if !strings.HasSuffix(path, ".Kind") { // a kind changes with what it needs: the items of its list do that
			try("changed", reflect.ValueOf("Z999").Convert(v.Type()))
		}
	case reflect.Int, reflect.Int64:
		try("changed", reflect.ValueOf(v.Int()+1).Convert(v.Type()))
	case reflect.Pointer:
		eachField(v.Elem(), path, visit)
	case reflect.Struct:
		eachField(v, path, visit)
	case reflect.Slice:
		for i := range v.Len() {
			try(fmt.Sprintf("without %d", i), reflect.AppendSlice(v.Slice3(0, i, i), v.Slice(i+1, v.Len())))
			eachChange(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	}
}

func eachField(v reflect.Value, path string, visit func(string)) {
	if v.Kind() != reflect.Struct {
		eachChange(v, path, visit)
		return
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		known := slices.Contains([]string{"Text", "Article", "Effect", "Breach", "Event"}, v.Type().Name()) && field.Name != "Pos"
		if written(v.Type(), field) && field.Name != "ID" || known && !v.Field(i).IsZero() && field.Name != "Kind" {
			eachChange(v.Field(i), path+"."+field.Name, visit)
		}
	}
}

var (
	quoted = regexp.MustCompile("«[^»]*»|“[^”]*”")
	bare   = regexp.MustCompile(`[a-z_]{2,}`)
)

// unreadable says what of a change is not said in words: a key in the Persian sentence, or one that English lacks.
func unreadable(c Change) string {
	if out := bare.FindString(quoted.ReplaceAllString(c.Text.FA, "")); out != "" {
		return "Persian has the bare word " + out
	}
	if strings.ContainsAny(c.Text.FA+c.Text.EN, "{}") {
		return "the sentence has braces"
	}
	for _, k := range append(strings.Split(c.Path, "/"), c.Section) {
		for _, text := range []string{c.Text.FA, c.Text.EN} {
			if k != "" && bare.MatchString(k) && !strings.HasPrefix(k, "Z") && slices.Contains(quoted.FindAllString(text, -1), "“"+k+"”") {
				return "no words for the key " + k
			}
		}
	}
	if keyQuoted.MatchString(c.Text.FA) || keyQuoted.MatchString(c.Text.EN) {
		return "a key of the language is quoted instead of said: " + keyQuoted.FindString(c.Text.FA+c.Text.EN)
	}
	return ""
}

// keyQuoted finds small Latin letters in quotes: no id, text or value of the full definition has any.
var keyQuoted = regexp.MustCompile(`[«“][a-z_]{2,}[»”]`)

func TestEveryFieldOfADefinitionHasWordsForItsChange(t *testing.T) {
	t.Parallel()
	n := 0
	for i := range reflect.TypeFor[Definition]().NumField() {
		if field := reflect.TypeFor[Definition]().Field(i); written(reflect.TypeFor[Definition](), field) {
			n += changesOf(t, only(i), only(i), i)
		}
	}
	if n < 1000 {
		t.Errorf("only %d changes tried", n)
	}
}

// only is the full definition with one of its parts alone, which makes it quick to compare.
func only(part int) *Definition {
	d := &Definition{}
	reflect.ValueOf(d).Elem().Field(part).Set(reflect.ValueOf(full()).Elem().Field(part))
	return d
}

// changesOf makes each single change of a part of next, and says how many there are.
func changesOf(t *testing.T, old, next *Definition, part int) (n int) {
	t.Helper()
	if got := Diff(old, next); len(got) != 0 {
		t.Fatalf("two equal definitions differ: %+v", got)
	}
	eachChange(reflect.ValueOf(next).Elem().Field(part), reflect.TypeFor[Definition]().Field(part).Name, func(path string) {
		n++
		for _, pair := range [][2]*Definition{{old, next}, {next, old}} {
			changes := Diff(pair[0], pair[1])
			if len(changes) == 0 {
				t.Errorf("%s: no sentence", path)
			}
			for _, c := range changes {
				if why := unreadable(c); why != "" {
					t.Errorf("%s: %s\n\t%s\n\t%s", path, why, c.Text.FA, c.Text.EN)
				}
			}
		}
	})
	if len(Diff(old, next)) != 0 {
		t.Error("the definition was not put back")
	}
	return n
}

// TestAKeyWithoutWordsIsFound is the control of the test above: a key that the language does not have is in a definition.
func TestAKeyWithoutWordsIsFound(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"a key below a thing": `{"procedure":{"stages":{"Z1":{"planted":"%s"}}}}`,
		"a section": `{"procedure":{"planted":"%s"}}`, "in an item": `{"procedure":{"actions":{"Z1":{"guards":[{"planted":"%s"}]}}}}`} {
		a, errA := readJSON(fmt.Appendf(nil, key, "Z2"))
		b, errB := readJSON(fmt.Appendf(nil, key, "Z3"))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		w := &differ{words: newWords(full(), full())}
		w.tree(a, b)
		if len(w.out) != 1 || !strings.Contains(unreadable(w.out[0]), "planted") {
			t.Errorf("%s: %+v", name, w.out)
		}
	}
}
