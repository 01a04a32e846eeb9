package web

// Option is one choice of a radio or select field.
type Option struct {
	Value, Label, Hint string
	Chosen             bool
}

// Column is one column of a field of rows.
type Column struct{ Name, Label, Kind string }

// Row is one row of such a field: values in the order of the columns.
type Row struct{ Values []string }

// Field is one question of a form. Kind is one of
//
//	text, area, int, money, percent, code, tel, search, date, dateparts, bool, choice, select, rows, file, password, hidden
//
// Every kind is sent by the plain form: money and numbers as typed (any digits), dateparts as NAME.year, NAME.month and
// NAME.day in the solar calendar, bool as "true" or "false", rows as NAME.0.COLUMN and so on.
type Field struct {
	ID, Name, Kind string
	Label, Hint    string
	Value          string
	Error          string
	Rule           string // which condition needs the answer, and why
	Source         string // where a prefilled value came from
	Required       bool
	Optional       string // the word beside an optional question's label
	Options        []Option
	Parts          [3]string // day, month, year of dateparts
	Columns        []Column
	Rows           []Row
	Unit           string // after the box: percent, persons
	Accept         string // file types
	MaxBytes       int64
	Autocomplete   string
	Focus          bool
}

// HintID and ErrorID name what describes the field, for aria-describedby.
func (f Field) HintID() string  { return f.ID + "-hint" }
func (f Field) ErrorID() string { return f.ID + "-error" }

// EchoID names the place where an amount is said in words.
func (f Field) EchoID() string { return f.ID + "-echo" }

// Describes lists the ids that describe the field.
func (f Field) Describes() string {
	ids := ""
	add := func(is bool, id string) {
		if is {
			if ids != "" {
				ids += " "
			}
			ids += id
		}
	}
	add(f.Hint != "" || f.Kind == "money", f.HintID())
	add(f.Error != "", f.ErrorID())
	return ids
}

// FieldError is one line of the error summary: it leads to the field.
type FieldError struct{ ID, Text string }

// Form is a page of questions.
type Form struct {
	Action   string
	Key      string // idempotency key
	Version  int64  // case version the form saw; 0 leaves it out
	Fields   []Field
	Errors   []FieldError
	Submit   string
	Save     string // label of the save-draft button; empty has none
	Autosave string // address that takes drafts by POST
	Files    bool
	Carry    []Param // sent along, unseen
}

// Wrong collects the errors of the fields, for the summary on top.
func Wrong(fields []Field) []FieldError {
	var out []FieldError
	for _, f := range fields {
		if f.Error != "" {
			out = append(out, FieldError{ID: f.ID, Text: f.Error})
		}
	}
	return out
}
