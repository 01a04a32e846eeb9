package web

import (
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rahgosha/internal/base/calendar"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/money"
)

// The Persian decimal and percent signs.
const (
	decimal     = "\u066B"
	percentSign = "\u066A"
)

func pairs(kv []any) map[string]any {
	m := make(map[string]any, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		m[fmt.Sprint(kv[i])] = kv[i+1]
	}
	return m
}

// queryEscape escapes a value for a query.
func queryEscape(s string) string { return url.QueryEscape(s) }

func sortedKeys(q url.Values) []string { return slices.Sorted(maps.Keys(q)) }

func topOf(path string) string {
	if i := strings.IndexByte(path[1:], '/'); i >= 0 {
		return path[:i+1]
	}
	return path
}

// Num writes an integer with thousands marks, in the language's digits.
func Num(l locale.Lang, n int64) string { return money.Rial(n).Format(l) }

// Percent writes a share of hundred with at most one decimal.
func Percent(l locale.Lang, p float64) string {
	s := strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0")
	if l != locale.FA {
		return s + "%"
	}
	return locale.Digits(l, strings.Replace(s, ".", decimal, 1)) + percentSign
}

// timeTag wraps a shown date in <time> with the Gregorian instant, for browsers and calendars.
func timeTag(machine, shown string) template.HTML {
	return template.HTML(`<time datetime="` + machine + `">` + template.HTMLEscapeString(shown) + `</time>`) // #nosec G203 -- both parts are ours or escaped
}

func dateTag(l locale.Lang, t time.Time, form func(jalali.Date, locale.Lang) string) template.HTML {
	if t.IsZero() {
		return ""
	}
	return timeTag(t.In(clock.Tehran).Format(time.DateOnly), form(jalali.FromTime(t), l))
}

func momentTag(l locale.Lang, t time.Time, form func(jalali.Date, locale.Lang) string) template.HTML {
	if t.IsZero() {
		return ""
	}
	at := t.In(clock.Tehran)
	shown := form(jalali.FromTime(t), l) + locale.T(l, "web.comma", nil) + locale.Digits(l, at.Format("15:04"))
	return timeTag(at.Format("2006-01-02T15:04Z07:00"), shown)
}

// Code marks a number, a code or a Latin name that runs left to right inside Persian.
func Code(s string) template.HTML {
	if s == "" {
		return ""
	}
	return template.HTML(`<bdi class="code" dir="ltr">` + template.HTMLEscapeString(s) + `</bdi>`) // #nosec G203 -- escaped
}

// Prose escapes a text and, in Persian, isolates every run of ASCII letters and digits and every number below 0, so that neither a
// code nor a typed value reorders the words around it, and the minus stands on the number's left.
func Prose(l locale.Lang, s string) template.HTML {
	s = paperMarks.Replace(s)
	if l != locale.FA {
		return template.HTML(template.HTMLEscapeString(s)) // #nosec G203 -- escaped
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexFunc(s, func(r rune) bool { return isASCIIWord(r) || r == '\u2212' })
		if i < 0 {
			break
		}
		b.WriteString(template.HTMLEscapeString(s[:i]))
		if n := max(latinRun(s[i:]), len(belowZero.FindString(s[i:]))); n > 0 {
			b.WriteString(`<bdi dir="ltr">` + template.HTMLEscapeString(s[i:i+n]) + `</bdi>`)
			s = s[i+n:]
			continue
		}
		b.WriteString(minus)
		s = s[i+len(minus):]
	}
	b.WriteString(template.HTMLEscapeString(s))
	return template.HTML(b.String()) // #nosec G203 -- every part is escaped
}

// paperMarks are what isolates a run on paper, which has no elements for it.
var paperMarks = strings.NewReplacer("\u2066", "", "\u2069", "")

// minus is the sign of a number below 0.
const minus = "\u2212"

// belowZero is such a number in digits of either kind.
var belowZero = regexp.MustCompile(`^\x{2212}[0-9\x{06F0}-\x{06F9}]+(?:[.,\x{066B}\x{066C}][0-9\x{06F0}-\x{06F9}]+)*[%\x{066A}]?`)

// latinRun is the length of the Latin phrase that s begins with; marks and blanks inside it belong to it, at its end not.
// So do Persian digits, as letters write the number of a case, unless a blank parts them from it.
func latinRun(s string) int {
	end, parted := 0, false
	for i, r := range s {
		switch {
		case isASCIIWord(r), isPersianDigit(r) && !parted:
			end, parted = i+utf8.RuneLen(r), false
		case !strings.ContainsRune(" ._/-:@+&'", r):
			return end
		default:
			parted = parted || r == ' '
		}
	}
	return end
}

func isPersianDigit(r rune) bool { return r >= '\u06F0' && r <= '\u06F9' }

func isASCIIWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// sizeOf writes a file size in the language's words.
func sizeOf(l locale.Lang, n int64) string {
	if n >= 1<<20 {
		tenths := (n*10 + 1<<19) >> 20
		s := strconv.FormatFloat(float64(tenths)/10, 'f', 1, 64)
		if l == locale.FA {
			s = strings.Replace(s, ".", decimal, 1)
		}
		return locale.T(l, "web.megabytes", map[string]any{"n": locale.Digits(l, s)})
	}
	return locale.T(l, "web.kilobytes", map[string]any{"n": Num(l, max(1, n>>10))})
}

// near writes a date as today's reader needs it: with the year where it is another.
func (s *Server) near(d jalali.Date, l locale.Lang) string {
	return d.Near(l, jalali.FromTime(s.cfg.Clock.Now()))
}

// funcs are what templates may call, bound to a language.
func (s *Server) funcs(l locale.Lang) template.FuncMap {
	return template.FuncMap{
		"T":       func(key string, kv ...any) string { return locale.T(l, key, pairs(kv)) },
		"num":     func(n any) string { return Num(l, toInt(n)) },
		"plain":   func(n any) string { return locale.Digits(l, fmt.Sprint(n)) },
		"rial":    func(n int64) string { return locale.T(l, "web.rial", map[string]any{"n": Num(l, n)}) },
		"percent": func(p float64) string { return Percent(l, p) },
		"date":    func(t time.Time) template.HTML { return dateTag(l, t, jalali.Date.Long) },
		"short":   func(t time.Time) template.HTML { return dateTag(l, t, s.near) },
		"moment":  func(t time.Time) template.HTML { return momentTag(l, t, s.near) },
		"at":      timeOf,
		"code":    Code,
		"bdi":     func(v string) template.HTML { return "<bdi>" + Prose(l, v) + "</bdi>" },
		"prose":   func(v string) template.HTML { return Prose(l, v) },
		"size":    func(n int64) string { return sizeOf(l, n) },
		"icon":    func(name string) template.HTML { return s.icon(name, "ico") },
		"flip":    func(name string) template.HTML { return s.icon(name, "ico flip") },
		"asset":   s.assets.URL,
		"lasted":  func(twice int) string { return Lasted(l, calendar.CalendarDays, twice) },
		"text":    func(t locale.Text) template.HTML { return Prose(l, t.In(l)) },
	}
}

func (s *Server) icon(name, class string) template.HTML {
	return template.HTML(`<svg class="` + class + `" aria-hidden="true"><use href="` + // #nosec G203 -- names come from templates
		template.HTMLEscapeString(s.assets.URL("icons.svg")+"#i-"+name) + `"/></svg>`)
}

func toInt(n any) int64 {
	switch x := n.(type) {
	case int:
		return int64(x)
	case int64:
		return x
	default:
		return 0
	}
}
