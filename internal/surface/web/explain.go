package web

import (
	"slices"
	"strings"
	"time"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/casework"
)

// ruleState are the three values of a condition as the page's marks.
var ruleState = map[string]string{"met": "pass", "not_met": "fail", "unknown": "unknown"}

// verdict explains where the conditions stand: each with its values, sources and law, why it fails, and what would help.
func (t teller) verdict(c *casework.View) *Verdict {
	out := &Verdict{ID: "why", Title: t.T("desk.verdict.title"), Lede: t.T("desk.verdict.lede"),
		Version: t.T("desk.verdict.version", "n", locale.Digits(t.l, c.Procedure.Version)), Link: &Link{Label: t.T("desk.verdict.manual"), Href: "/procedures/" + c.Procedure.ID}}
	var failing, unknown []string
	for _, k := range c.Conditions {
		out.Rules = append(out.Rules, t.rule(k))
		switch k.Is {
		case "not_met":
			failing = append(failing, t.no(k.ID))
			out.Smallest = append(out.Smallest, t.because(k))
			out.Remedy = append(out.Remedy, t.remedy(k)...)
		case "unknown":
			unknown = append(unknown, t.no(k.ID))
			out.Remedy = append(out.Remedy, t.ask(k))
		}
	}
	t.summary(out, len(c.Conditions), failing, unknown)
	return out
}

func (t teller) summary(out *Verdict, n int, failing, unknown []string) {
	and := t.T("desk.and")
	switch {
	case len(failing) > 0:
		out.Tone, out.Summary = "bad", t.T("desk.verdict.not_met", "list", strings.Join(failing, and), "n", len(failing))
	case len(unknown) > 0:
		out.Tone, out.Summary = "warn", t.T("desk.verdict.unknown", "list", strings.Join(unknown, and), "n", len(unknown))
	default:
		out.Tone, out.Summary = "good", t.T("desk.verdict.met", "n", n)
	}
}

// no is a condition's number as people read it: C7 is condition 7.
func (t teller) no(id string) string { return locale.Digits(t.l, strings.TrimPrefix(id, "C")) }

func (t teller) rule(k casework.ConditionView) Rule {
	out := Rule{No: t.no(k.ID), Text: k.Text.In(t.l), State: ruleState[k.Is], Value: t.T("web.rule." + ruleState[k.Is])}
	var parts []string
	for _, f := range k.Facts {
		parts = append(parts, t.evidence(f))
	}
	out.Source = strings.Join(parts, t.T("desk.semicolon"))
	if k.Law != nil {
		out.Law = t.T("desk.law", "title", k.Law.Title.In(t.l))
		if a := k.Law.Article.In(t.l); a != "" && a != "-" {
			out.Law = t.T("desk.law.article", "title", k.Law.Title.In(t.l), "article", locale.Digits(t.l, a))
		}
	}
	return out
}

// evidence is one value of a condition with its source and date.
func (t teller) evidence(f casework.FactView) string {
	s := f.Title.In(t.l) + t.T("desk.colon") + t.value(f)
	if from := t.source(f); from != "" {
		s += " (" + from
		if f.AsOf > 0 {
			s += t.T("web.comma") + shortDate(t.l, f.AsOf)
		}
		s += ")"
	}
	return s
}

// because names the smallest set of values that makes a condition fail.
func (t teller) because(k casework.ConditionView) string {
	var parts []string
	for _, name := range k.Because {
		for _, f := range k.Facts {
			if f.Name == name {
				parts = append(parts, t.T("desk.because.fact", "fact", f.Title.In(t.l), "value", t.value(f)))
			}
		}
	}
	if len(parts) == 0 {
		return t.T("desk.because.text", "no", t.no(k.ID), "text", k.Text.In(t.l))
	}
	return t.T("desk.because", "no", t.no(k.ID), "facts", strings.Join(parts, t.T("desk.and")))
}

// remedy says the smallest change after which all conditions pass, then the advice of the procedure.
func (t teller) remedy(k casework.ConditionView) []string {
	var out []string
	for _, f := range k.Remedy {
		out = append(out, t.T("desk.remedy.if", "fact", f.Title.In(t.l), "value", t.value(f)))
	}
	if !k.Advice.IsZero() {
		out = append(out, t.T("desk.remedy.advice", "no", t.no(k.ID), "text", k.Advice.In(t.l)))
	}
	return out
}

// ask says what is missing for a condition that nobody can judge yet.
func (t teller) ask(k casework.ConditionView) string {
	var missing []string
	for _, name := range k.Missing {
		for _, f := range k.Facts {
			if f.Name == name {
				missing = append(missing, f.Title.In(t.l))
			}
		}
	}
	if len(missing) == 0 {
		return t.T("desk.ask.person", "no", t.no(k.ID))
	}
	return t.T("desk.ask", "no", t.no(k.ID), "facts", strings.Join(missing, t.T("desk.and")))
}

// decisionLine is a decision taken on the case: by whom, as what, citing which conditions.
type decisionLine struct {
	Title, Who, Role string
	At               time.Time
	Cites            []string
	Reason           string
	Void             bool
	Href             string
	Notice           string // address of the printed notice, where no letter tells of it
	seq              int64
}

func (t teller) decisions(c *casework.View) []decisionLine {
	texts := map[string]string{}
	for _, k := range c.Conditions {
		texts[k.ID] = k.Text.In(t.l)
	}
	var out []decisionLine
	for _, d := range c.Decisions {
		line := decisionLine{Title: d.Title.In(t.l), Who: t.name(d.By), Role: d.RoleTitle.In(t.l), At: timeOf(d.At), Void: d.Void, seq: d.Seq,
			Href: "#e" + itoa(d.Seq), Reason: d.ReasonText.In(t.l)}
		if line.Reason != "" {
			line.Reason = t.T("desk.reason.coded", "code", d.Reason, "text", line.Reason)
		}
		if d.Round != nil {
			line.Role = t.session(d.Round)
		}
		for _, id := range d.Cites {
			line.Cites = append(line.Cites, t.T("desk.cite", "no", t.no(id), "text", texts[id]))
		}
		out = append(out, line)
	}
	slices.Reverse(out)
	return out
}

// groups are the facts of the case by kind, in the order in which the procedure first names each kind.
func (t teller) groups(c *casework.View) []factGroup {
	var out []factGroup
	at := map[string]int{}
	for _, f := range c.Facts {
		if f.Value == nil || f.From == figuresRegister { // figures have a place of their own
			continue
		}
		i, ok := at[f.Group]
		if !ok {
			i = len(out)
			at[f.Group] = i
			out = append(out, factGroup{ID: "g" + itoa(int64(i)), Title: wordOf(t.l, "procedure.word.group.", f.Group)})
		}
		out[i].Facts = append(out[i].Facts, t.fact(c.ID, f))
	}
	return out
}

func (t teller) letters(c *casework.View) []File {
	var out []File
	for _, x := range c.Letters {
		out = append(out, File{Name: x.Title.In(t.l), Href: "/letters/" + x.Token, Kind: x.Number, At: timeOf(x.At)})
	}
	slices.Reverse(out)
	return out
}

// sides is the order in which the bars of held time stand.
var sides = []string{"unit", "directorate", "bank", "association", "body", "system"}

// spent says how long each side has held the case, as bars of the whole.
func (t teller) spent(c *casework.View) []spentLine {
	var total int64
	for _, n := range c.Spent {
		total += n
	}
	var out []spentLine
	for _, side := range sides {
		n := c.Spent[side]
		if n <= 0 || total == 0 {
			continue
		}
		name, long := t.T("desk.side."+side), t.duration(n)
		out = append(out, spentLine{Side: name, Time: long, Bar: Bar{Percent: int(n * 100 / total), Tone: "plain"}})
	}
	return out
}

// duration writes a length of time in days, or in hours under a day.
func (t teller) duration(us int64) string {
	d := time.Duration(us) * time.Microsecond
	if d < 24*time.Hour {
		return t.T("desk.hours", "n", int(d.Hours()))
	}
	return t.T("desk.days", "n", int(d.Hours()/24))
}

// shortDate names its year: the sentences it stands in are read for years.
func shortDate(l locale.Lang, us int64) string {
	if us == 0 {
		return ""
	}
	return jalali.FromTime(time.UnixMicro(us)).Medium(l)
}

func longDate(l locale.Lang, us int64) string {
	return jalali.FromTime(time.UnixMicro(us)).Long(l)
}
