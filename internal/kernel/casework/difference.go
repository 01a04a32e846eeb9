package casework

import (
	"fmt"

	"rahgosha/internal/base/locale"
)

// What a replay finds.
const (
	DiffersRowGone     = "row_gone"     // entries without a case
	DiffersEntriesGone = "entries_gone" // a case without entries
	DiffersEntryGone   = "entry_gone"
	DiffersChain       = "chain"
	DiffersBody        = "body"
	DiffersState       = "state"
	DiffersRow         = "row" // what lists, deadlines and the case's part of the counters say
	DiffersLoose       = "loose"
	DiffersUnissued    = "letter_unissued"
	DiffersUnbooked    = "letter_unbooked"
	DiffersLetter      = "letter"
	DiffersUnbound     = "letter_unbound" // no entry of its own binds the text
	DiffersTally       = "tally"
	DiffersTwice       = "number_twice"
	DiffersSkipped     = "number_skipped"
	DiffersBeyond      = "number_beyond" // the series was not drawn so far: the number will be given again
	DiffersUnread      = "number_unread"
	DiffersKept        = "erased_kept" // a key of an erased case is there again
)

// Difference is something stored that is not what the entries give. Detail names it without showing a value of a person.
type Difference struct {
	Province string `json:"province"`
	Case     string `json:"case,omitempty"`
	Seq      int64  `json:"seq,omitempty"`
	What     string `json:"what"`
	Detail   string `json:"detail,omitempty"`
}

func (d Difference) as(seq int64, what, detail string) Difference {
	d.Seq, d.What, d.Detail = seq, what, detail
	return d
}

// Text says what differs, and how to mend it.
func (d Difference) Text() locale.Text {
	return locale.Of("casework.differs."+d.What, map[string]any{"detail": d.Detail})
}

// String is a line of the difference in English, for logs.
func (d Difference) String() string {
	return fmt.Sprintf("%s %d %s: %s", d.Case, d.Seq, d.What, d.Text().EN)
}
