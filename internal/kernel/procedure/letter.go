package procedure

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
	"rahgosha/internal/base/text"
)

// LetterData is what a letter can say beside the definition. Facts are stored values; a fact without value may be asked
// about ({{if .x}}) and not printed. Conditions are the numbers cited; Office, To and Unit are names.
type LetterData struct {
	Facts      map[string]any
	CaseNumber string
	Number     string // of the letter
	Today      jalali.Date
	Office     string
	To         string // the addressee's name
	Unit       string // the applicant's name
	Signer     string
	Post       string // of the signer
	Conditions []string
	Reason     ReasonRow
	Note       string
	Session    string      // number of the round that decided, when one did
	SessionOn  jalali.Date // the day it was signed
}

// LetterText is a rendered letter: one line each for subject, addressee and copies, and the paragraphs.
type LetterText struct {
	Subject    string   `json:"subject"`
	To         string   `json:"to"`
	Copies     []string `json:"copies,omitempty"`
	Paragraphs []string `json:"paragraphs"`
}

// letterPart is a piece of a template file: a front line's name and text, or the body (no name), with its first line and
// the columns before it.
type letterPart struct {
	name string
	text string
	line int
	col  int
}

var frontLine = regexp.MustCompile(`^(Subject|To|Copy):[ \t]*(.*)$`)

// letterParts splits a file into front lines and body.
func letterParts(src string) []letterPart {
	lines := strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")
	var out []letterPart
	i := 0
	for ; i < len(lines); i++ {
		m := frontLine.FindStringSubmatch(lines[i])
		if m == nil {
			break
		}
		col := len([]rune(lines[i])) - len([]rune(m[2]))
		out = append(out, letterPart{name: m[1], text: m[2], line: i + 1, col: col})
	}
	return append(out, letterPart{text: strings.Join(lines[i:], "\n"), line: i + 1})
}

// RenderLetter writes a letter. Its language is Persian: digits are Persian, dates Jalali. The fault names what the case
// lacks; it is internal when the template itself is wrong, which Check would have found.
func RenderLetter(d *Definition, l *Letter, data LetterData) (LetterText, error) {
	values := d.letterValues(data)
	var out LetterText
	for _, p := range letterParts(l.Source) {
		s, err := renderPart(d, p, values)
		if err != nil {
			return LetterText{}, err
		}
		switch p.name {
		case "Subject":
			out.Subject = oneLine(s)
		case "To":
			out.To = oneLine(s)
		case "Copy":
			out.Copies = append(out.Copies, oneLine(s))
		default:
			out.Paragraphs = paragraphs(s)
		}
	}
	return out, nil
}

func renderPart(d *Definition, p letterPart, values map[string]any) (string, error) {
	t, err := template.New("letter").Option("missingkey=error").Funcs(d.letterFuncs()).Parse(p.text)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "procedure.letter.template", "cause", err.Error())
	}
	var b strings.Builder
	if err := t.Execute(&b, values); err != nil {
		var missing *missingError
		if errors.As(err, &missing) {
			return "", fault.Wrap(err, fault.Refused, "procedure.letter.data", "name", missing.name)
		}
		return "", fault.Wrap(err, fault.Refused, "procedure.letter.template", "cause", err.Error())
	}
	if strings.Contains(b.String(), noValue) {
		return "", fault.New(fault.Refused, "procedure.letter.data", "name", firstMissing(p.text, values))
	}
	return b.String(), nil
}

// noValue is what the template module prints for a name without value.
const noValue = "<no value>"

var printed = regexp.MustCompile(`{{-?\s*\.([a-z0-9_.]+)\s*-?}}`)

func firstMissing(src string, values map[string]any) string {
	for _, m := range printed.FindAllStringSubmatch(src, -1) {
		var v any = values
		for _, part := range strings.Split(m[1], ".") {
			inner, ok := v.(map[string]any)
			if !ok {
				v = nil
				break
			}
			v = inner[part]
		}
		if v == nil {
			return m[1]
		}
	}
	return "?"
}

func oneLine(s string) string { return strings.Join(strings.Fields(text.PersianDigits(s)), " ") }

// paragraphs are parted by blank lines; line breaks inside one are blanks.
func paragraphs(s string) []string {
	var out []string
	for _, p := range regexp.MustCompile(`\n[ \t]*\n`).Split(s, -1) {
		if p = oneLine(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// letterNames are the names every letter may use beside the facts.
var letterNames = []string{"case", "letter", "office", "to", "unit", "signer", "today", "conditions", "reason", "note", "session"}

func (d *Definition) letterValues(data LetterData) map[string]any {
	v := map[string]any{}
	for _, f := range d.Facts {
		setPath(v, f.ID, letterFact(f, data.Facts[f.ID]))
	}
	put := func(name, val string) {
		if val != "" {
			setPath(v, name, val)
		} else {
			setPath(v, name, nil)
		}
	}
	put("case.number", data.CaseNumber)
	put("letter.number", data.Number)
	put("office", data.Office)
	put("to", data.To)
	put("unit.name", data.Unit)
	put("signer.name", data.Signer)
	put("signer.post", data.Post)
	put("reason.code", data.Reason.Code)
	put("reason.text", data.Reason.Title.FA)
	put("reason.remedy", data.Reason.Remedy.FA)
	put("note", data.Note)
	put("session.number", data.Session)
	if !data.SessionOn.IsZero() {
		setPath(v, "session.date", data.SessionOn)
	}
	v["today"] = data.Today
	var cited []map[string]any
	for _, id := range data.Conditions {
		if c := d.Condition(id); c != nil {
			cited = append(cited, map[string]any{"id": c.ID, "text": c.Text.FA, "remedy_text": c.Remedy.FA, "law": d.lawTitle(c.Law)})
		}
	}
	v["conditions"] = cited
	return v
}

func (d *Definition) lawTitle(id string) string {
	if l := d.Law(id); l != nil {
		return l.Title.FA
	}
	return ""
}

// letterFact is a stored value as a template sees it: dates as dates, lists as texts joined by the Persian comma.
func letterFact(f *Fact, stored any) any {
	switch x := ToRule(f, stored).(type) {
	case []string:
		return strings.Join(x, "\u060C ")
	default:
		return x
	}
}

func setPath(m map[string]any, path string, v any) {
	parts := strings.Split(path, ".")
	for _, p := range parts[:len(parts)-1] {
		inner, ok := m[p].(map[string]any)
		if !ok {
			inner = map[string]any{}
			m[p] = inner
		}
		m = inner
	}
	last := parts[len(parts)-1]
	if old, ok := m[last]; !ok || old == nil {
		m[last] = v
	}
}

type missingError struct{ name string }

// Error is for operators.
func (e *missingError) Error() string { return "no value for " + e.name }

// letterFuncs are the functions of letters: total, without I/O.
func (d *Definition) letterFuncs() template.FuncMap {
	return template.FuncMap{
		"number": func(v any) (string, error) {
			return amount(v, "number", func(n int64) string { return showNumber("int", n) })
		},
		"words": func(v any) (string, error) {
			return amount(v, "words", func(n int64) string { return money.Words(money.Rial(n), money.Letter) })
		},
		"toman": func(v any) (string, error) {
			return amount(v, "toman", func(n int64) string { return showNumber("int", n/10) })
		},
		"percent": func(v any) (string, error) {
			return amount(v, "percent", func(n int64) string { return showNumber("percent", n) + "\u066A" })
		},
		"date": func(v any) (string, error) {
			return dateText(v, func(x jalali.Date) string { return x.Slash(locale.FA) })
		},
		"long": func(v any) (string, error) {
			return dateText(v, func(x jalali.Date) string { return x.Long(locale.FA) })
		},
		"title": d.optionTitle,
	}
}

func amount(v any, name string, show func(int64) string) (string, error) {
	n, ok := v.(int64)
	if !ok {
		return "", &missingError{name}
	}
	return show(n), nil
}

func dateText(v any, show func(jalali.Date) string) (string, error) {
	x, ok := v.(jalali.Date)
	if !ok || x.IsZero() {
		return "", &missingError{"date"}
	}
	return show(x), nil
}

// optionTitle gives the Persian title of a choice's code: {{title "place" .place}}.
func (d *Definition) optionTitle(fact string, code any) (string, error) {
	f := d.Fact(fact)
	s, ok := code.(string)
	if f == nil || !ok {
		return "", &missingError{fact}
	}
	for _, o := range f.Options {
		if o.Code == s {
			return o.Title.FA, nil
		}
	}
	return s, nil
}

var templateLine = regexp.MustCompile(`^template: letter:(\d+):(?:(\d+):)?\s*(.*)$`)

// templatePos finds the line and column in a template module's message.
func templatePos(file string, p letterPart, err error) (Pos, string) {
	m := templateLine.FindStringSubmatch(err.Error())
	if m == nil {
		return Pos{file, p.line, 1 + p.col}, err.Error()
	}
	line, _ := strconv.Atoi(m[1])
	col, _ := strconv.Atoi(m[2])
	pos := Pos{file, p.line + line - 1, col + 1}
	if line == 1 {
		pos.Col += p.col
	}
	return pos, m[3]
}
