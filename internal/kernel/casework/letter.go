package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/procedure"
)

// LetterText is a letter as it was issued: what the PDF is drawn from, whenever it is drawn.
type LetterText struct {
	procedure.LetterText
	Code       string `json:"code"`
	Number     string `json:"number"`
	Date       string `json:"date"` // civil Gregorian
	Case       string `json:"case"` // number
	Office     string `json:"office"`
	Signer     string `json:"signer"`
	Post       string `json:"post"`
	Definition string `json:"definition"`
	Procedure  string `json:"procedure"`
	Version    string `json:"version"`
	Token      string `json:"token"`
	Sample     bool   `json:"sample"`
	Salt       string `json:"salt,omitempty"` // hex; with it the text gives the name of the letter's own chain
}

// Text is the letter as its paper shows it, in reading order: what its own entry in the journal binds.
func (t *LetterText) Text() string {
	date := t.Date
	if on, err := jalali.FromCivil(t.Date); err == nil {
		date = on.Slash(locale.FA)
	}
	lines := append([]string{t.Number, date, t.To, t.Subject}, t.Paragraphs...)
	lines = append(append(lines, t.Signer, t.Post), t.Copies...)
	return strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "" }), "\n")
}

// Bound is what binds the letter to its own entry; false of a letter from before there were such entries.
func (t *LetterText) Bound() (journal.Bound, bool) {
	var salt [16]byte
	if n, err := hex.Decode(salt[:], []byte(t.Salt[:min(len(t.Salt), 2*len(salt))])); err != nil || n != len(salt) {
		return journal.Bound{}, false
	}
	return journal.Bind(salt, t.Number, t.Subject, t.Text()), true
}

// render writes a letter's text from the case as it stands in this step, kept as JSON, sealed, and names the chain that
// binds it.
func (t *step) render(l *procedure.Letter, ref LetterRef, salt string) (text, bound string, err error) {
	on := day(t.e.At)
	signer := t.signer(l)
	name, _ := t.s.Facts["unit.name"].V.(string)
	data := procedure.LetterData{
		Facts: t.values(), CaseNumber: t.s.Number, Number: ref.Number, Today: on, Office: t.env.Office, To: name, Unit: name,
		Signer: signer.Name, Post: signer.Post.FA, Conditions: t.cmd.Cites, Note: t.cmd.Note,
	}
	if r := t.env.Actor.Round; r != nil {
		data.Session, data.SessionOn = r.Number, day(r.At)
	}
	if a := t.d.Action(t.e.Action); a != nil {
		if row := reasonRow(t.d, a.Reasons, t.cmd.Reason, t.e.At); row != nil {
			data.Reason = *row
		}
	}
	words, err := procedure.RenderLetter(t.d, l, data)
	if err != nil {
		return "", "", err
	}
	secret := sha256.Sum256([]byte(salt))
	out := LetterText{
		LetterText: words, Code: l.ID, Number: ref.Number, Date: on.Civil(), Case: t.s.Number, Office: t.env.Office,
		Signer: signer.Name, Post: signer.Post.FA, Definition: t.d.Hash, Procedure: t.d.Title.FA, Version: t.d.Version,
		Token: ref.Token, Sample: t.s.Sample, Salt: hex.EncodeToString(secret[:16]),
	}
	b, _ := out.Bound()
	raw, err := json.Marshal(out)
	if err != nil {
		return "", "", fmt.Errorf("letter %s: %w", l.ID, err)
	}
	return string(raw), b.Chain(), nil
}

// Letter gives a letter of a case that the caller may see.
func (g *Engine) Letter(ctx context.Context, who Caller, caseID, token string) (*LetterText, error) {
	var out *LetterText
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		l, err := g.looker(ctx, tx, who, caseID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(l.s.Letters, func(r LetterRef) bool { return r.Token == token })
		if i < 0 || !l.seesLetter(l.s.Letters[i].Code) {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		out, err = l.z.letter(l.s.Letters[i])
		return err
	})
	return out, err
}

// LetterText gives a letter to whoever sends it: the system itself, with no caller behind it.
func (g *Engine) LetterText(ctx context.Context, province, caseID, token string) (*LetterText, error) {
	var out *LetterText
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province}}
		s, _, err := r.load(caseID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(s.Letters, func(l LetterRef) bool { return l.Token == token })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.not_found")
		}
		out, err = r.sealer(caseID).letter(s.Letters[i])
		return err
	})
	return out, err
}

// FindLetter gives the case of a letter by its token, for who may see it.
func (g *Engine) FindLetter(ctx context.Context, who Caller, token string) (BookedLetter, *LetterText, error) {
	var booked BookedLetter
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		var err error
		booked, err = tx.LetterByToken(ctx, who.Grants.Province, token)
		return unseen(err)
	})
	if err != nil {
		return booked, nil, err
	}
	text, err := g.Letter(ctx, who, booked.Case, booked.Token)
	return booked, text, err
}

func (z sealer) letter(ref LetterRef) (*LetterText, error) {
	if err := z.open(&ref.Text, letterLabel(ref.Token)); err != nil {
		return nil, err
	}
	raw, _ := ref.Text.V.(string)
	if raw == Erased {
		return nil, fault.New(fault.NotFound, "casework.letter_erased")
	}
	out := &LetterText{}
	if err := json.Unmarshal([]byte(raw), out); err != nil {
		return nil, fmt.Errorf("letter %s: %w", ref.Number, err)
	}
	return out, nil
}

// Shown is what the public verification page says of a letter: that we issued it, when, what about, and whether what it
// decided still stands. It names nobody.
type Shown struct {
	Number    string
	Code      string
	Title     locale.Text
	Date      jalali.Date
	Procedure locale.Text
	Hash      string
	Entry     string
	Index     int64
	Standing  bool
	Sample    bool
}

// Verify answers whether a letter of that token or number was issued, as somebody typed it off the paper. NotFound when it
// was not.
func (g *Engine) Verify(ctx context.Context, province, typed string) (*Shown, error) {
	var out *Shown
	err := g.Read(ctx, func(ctx context.Context, tx Reader) error {
		b, err := bookedAs(ctx, tx, province, lettersTyped(typed))
		if err != nil {
			return err
		}
		r := &run{g: g, ctx: ctx, tx: tx, who: System(province), key: ReplayKey{Province: province}}
		s, d, err := r.load(b.Case)
		if err != nil {
			return err
		}
		le, err := tx.FindEntry(ctx, province, b.Entry)
		if err != nil {
			return err
		}
		out = shown(d, s, b, le)
		return nil
	})
	return out, err
}

// lettersTyped are the tokens and numbers that somebody may mean: as typed, and as numbers are written, for paper bears
// them in Persian digits and people put blanks in between.
func lettersTyped(typed string) []string {
	number := strings.Join(strings.Fields(numberTyped(typed)), "")
	if number == typed {
		return []string{typed}
	}
	return []string{typed, number}
}

// bookedAs finds the first of these tokens or numbers in the letter book.
func bookedAs(ctx context.Context, tx Letters, province string, typed []string) (b BookedLetter, err error) {
	for _, t := range typed {
		if b, err = tx.LetterByToken(ctx, province, t); !fault.Is(err, fault.NotFound) {
			return b, err
		}
	}
	return b, err
}

func shown(d *procedure.Definition, s *State, b BookedLetter, le LogEntry) *Shown {
	v := &Shown{
		Number: b.Number, Code: b.Code, Date: day(b.At), Procedure: d.Title, Hash: d.Hash, Entry: b.Entry, Index: le.Index,
		Standing: true, Sample: s.Sample,
	}
	if l := d.Letter(b.Code); l != nil {
		v.Title = l.Title
	}
	for _, dec := range s.Decisions {
		if dec.Seq == le.Leaf.Seq && dec.Void {
			v.Standing = false
		}
	}
	return v
}
