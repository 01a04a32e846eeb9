package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// Programme is one of the twelve needs of the report. State is "built" when people can use it today, else "planned".
type Programme struct{ ID, Icon, State string }

// Statement is one statement of the founding report, what kind it is, and the product's own answer to it. Lacking is what
// the report left unsaid and without which the statement must not be read as a fact.
type Statement struct {
	No              int
	Said            locale.Text
	Kinds           []string // agreed, announced, proposed, requested, emphasised, reported_figure, claim, context
	Programme       string
	State           string // built, planned or none
	Lacking, Answer locale.Text
}

var programmes []Programme

func init() {
	rows, err := table("programmes.csv", 3)
	if err != nil {
		panic(err) // embedded at build time
	}
	for _, c := range rows {
		programmes = append(programmes, Programme{ID: c[0], Icon: c[1], State: c[2]})
	}
}

// table reads an embedded CSV without its heading.
func table(name string, columns int) ([][]string, error) {
	f, err := dataFiles.Open("data/" + name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows[1:], nil
}

// Columns of the two files.
const (
	statementColumns = 7
	answerColumns    = 6
)

func (s *Server) loadStatements() error {
	said, err := table("report-statements.csv", statementColumns)
	if err != nil {
		return err
	}
	answers, err := table("statement-answers.csv", answerColumns)
	if err != nil {
		return err
	}
	if len(said) != len(answers) {
		return fmt.Errorf("%d statements, %d answers", len(said), len(answers))
	}
	for i := range said {
		st, err := statement(said[i], answers[i])
		if err != nil {
			return err
		}
		s.statements = append(s.statements, st)
	}
	return nil
}

func statement(said, answer []string) (Statement, error) {
	no, err := strconv.Atoi(said[0])
	if err != nil || said[0] != answer[0] {
		return Statement{}, fmt.Errorf("statement %q stands beside answer %q", said[0], answer[0])
	}
	st := Statement{No: no, Said: locale.Text{FA: said[1], EN: said[2]}, Kinds: strings.Split(strings.ToLower(said[3]), "/"),
		Programme: answer[1], State: stateOf(answer[1]), Lacking: locale.Text{FA: answer[2], EN: answer[3]},
		Answer: locale.Text{FA: answer[4], EN: answer[5]}}
	return st, nil
}

func stateOf(programme string) string {
	for _, p := range programmes {
		if p.ID == programme {
			return p.State
		}
	}
	return "none"
}

// kinds in the order of their weight.
var kinds = []string{"agreed", "announced", "proposed", "requested", "emphasised", "reported_figure", "claim", "context"}

type kindLink struct {
	Kind    string
	N       int
	Current bool
}

type reportView struct {
	*Page
	Statements           []Statement
	Kinds                []kindLink
	All                  bool
	Total, Agreed, Built int
}

func (s *Server) report(w http.ResponseWriter, r *http.Request) error {
	kind := r.URL.Query().Get("kind")
	if kind != "" && !slices.Contains(kinds, kind) {
		return fault.New(fault.NotFound, "web.error.no_statement").At("kind")
	}
	p := s.Page(r, "web.report.title")
	v := reportView{Page: p, All: kind == "", Total: len(s.statements), Agreed: s.count("agreed")}
	for _, k := range kinds {
		v.Kinds = append(v.Kinds, kindLink{k, s.count(k), k == kind})
	}
	for _, st := range s.statements {
		if st.State == "built" {
			v.Built++
		}
		if kind == "" || slices.Contains(st.Kinds, kind) {
			v.Statements = append(v.Statements, st)
		}
	}
	return s.public(w, r, p, "public/report", v)
}

func (s *Server) count(kind string) int {
	n := 0
	for _, st := range s.statements {
		if slices.Contains(st.Kinds, kind) {
			n++
		}
	}
	return n
}
