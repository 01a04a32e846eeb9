package procedure

import (
	"strconv"

	"rahgosha/internal/base/locale"
)

// Points are given between 0 and MaxPoints; a score is their weighted mean, as a percent in basis points.
const MaxPoints = 100

// Score gives a score by id, nil when there is none.
func (d *Definition) Score(id string) *Score {
	return find(d.Scores, func(s *Score) bool { return s.ID == id })
}

// Fact is the system fact that holds a score once it is complete.
func (s *Score) Fact() string { return "score_" + s.ID }

// ConflictFact is the question whether the scorer has a conflict of interest.
func (s *Score) ConflictFact() string { return s.ID + ".conflict" }

// Question is the question after the points of a criterion.
func (s *Score) Question(k *Criterion) string { return s.ID + "." + k.ID }

// Least is how many scorers a score needs before it is complete.
func (s *Score) Least() int { return max(s.Scorers, 1) }

// Weight is the sum of the weights.
func (s *Score) Weight() int64 {
	var sum int64
	for _, k := range s.Criteria {
		sum += int64(k.Weight)
	}
	return sum
}

// Form is the page a scorer fills in: the declaration of conflict where the score asks one, and one question for each
// criterion that no rule answers. The facts are its own: they are not facts of the case.
func (s *Score) Form() (*Form, []*Fact) {
	page := &Page{ID: "points", Title: s.Title}
	var facts []*Fact
	ask := func(f *Fact, required, visible string, hint locale.Text) {
		facts = append(facts, f)
		page.Fields = append(page.Fields, &Field{Fact: f.ID, Required: required, Visible: visible, Hint: hint})
	}
	if s.Conflict {
		ask(&Fact{ID: s.ConflictFact(), Type: "bool", Source: SourceAsked, Title: locale.Of("procedure.score.conflict", nil)},
			RequiredHard, "", locale.Of("procedure.score.conflict.hint", nil))
	}
	for _, k := range s.Criteria {
		if k.Rule == "" {
			least, most := int64(0), int64(MaxPoints)
			ask(&Fact{ID: s.Question(k), Type: "int", Source: SourceAsked, Title: k.Title, Min: &least, Max: &most},
				RequiredSoft, "", k.Guide)
		}
	}
	return &Form{ID: s.ID, Title: s.Title, Pages: []*Page{page}}, facts
}

// scoreRefs proves that scores can be given and land somewhere.
func (c *checker) scoreRefs() {
	scored := map[string]bool{}
	for _, a := range c.d.Actions {
		if a.Score == "" {
			continue
		}
		scored[a.Score] = true
		p := c.at("actions/"+a.ID+"/score", a.Pos)
		if c.d.Score(a.Score) == nil {
			c.unknownName(p, "score", a.Score, nil)
		}
		if a.Form != "" || len(a.Confirm) > 0 {
			c.err(p, "score_with_form", "action", textOf(a.Title, a.ID))
		}
	}
	for _, s := range c.d.Scores {
		if scored[s.ID] {
			c.score(s)
		} else {
			c.warn(s.Pos, "unused", "kind", localeText("procedure.kind.score", nil), "name", s.ID)
		}
	}
}

func (c *checker) score(s *Score) {
	if f := c.d.Fact(s.Fact()); f == nil || f.Type != "percent" || f.Source != SourceSystem {
		c.err(s.Pos, "score_fact", "score", textOf(s.Title, s.ID), "fact", s.Fact())
	}
	if s.Scorers < 0 || s.Spread < 0 || s.Spread > MaxPoints {
		c.err(s.Pos, "score_bounds", "score", textOf(s.Title, s.ID))
	}
	for _, k := range s.Criteria {
		if k.Weight <= 0 {
			c.err(c.at("scores/"+s.ID+"/criteria/"+k.ID+"/weight", k.Pos), "score_weight", "criterion", textOf(k.Title, k.ID))
		}
	}
}

func (w *manualWriter) scores() {
	var rows [][]string
	for _, s := range w.d.Scores {
		for _, k := range s.Criteria {
			share := strconv.Itoa(k.Weight) + "/" + strconv.FormatInt(s.Weight(), 10)
			rows = append(rows, []string{s.Title.In(w.lang), k.Title.In(w.lang), k.Guide.In(w.lang), locale.Digits(w.lang, share)})
		}
	}
	w.add("scores", nil, []string{"score", "criterion", "guide", "weight"}, rows)
}
