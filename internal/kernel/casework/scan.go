package casework

import (
	"slices"
	"strings"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/text"
)

// What a scan can be of.
const (
	ScanSigned  = "signed"  // the letter itself, signed or stamped
	ScanReceipt = "receipt" // the receipt of its dispatch
)

// scanCode begins the code of a scanned document; that of its letter follows. Who reads the letter reads its scans.
const scanCode = "scan:"

// Scan says of which letter a scanned paper is. Number is the one that a person read on the paper, Coded that of the letter
// whose code the paper bears, where it could be read: one of them must be there, and both must be the letter's own.
type Scan struct {
	Token  string `json:"token"`
	Number string `json:"number"`
	Coded  string `json:"coded,omitempty"`
	Of     string `json:"of"`
}

// scanned are the kinds of files that a scanner makes.
var scanned = []string{"application/pdf", "image/jpeg", "image/png"}

// scan records the paper copy of an issued letter: of this letter and no other, by the office that reads it. It is no act
// of the procedure and raises no version.
func (t *step) scan() (*Entry, error) {
	ref, err := t.scannable()
	if err != nil {
		return nil, err
	}
	var faults []*fault.Fault
	wrong := func(at, key string, args ...any) {
		faults = append(faults, fault.New(fault.Invalid, key, args...).At(at))
	}
	if t.cmd.Scan.Of != ScanSigned && t.cmd.Scan.Of != ScanReceipt {
		wrong("of", "casework.scan_of")
	}
	typed, coded := strings.TrimSpace(t.cmd.Scan.Number), t.cmd.Scan.Coded
	if coded != "" && !sameNumber(coded, ref.Number) {
		wrong("scan", "casework.scan_coded", "coded", coded, "number", ref.Number)
	}
	switch {
	case typed == "" && coded == "":
		wrong("number", "casework.scan_number")
	case typed != "" && !sameNumber(typed, ref.Number):
		wrong("number", "casework.scan_other", "typed", typed, "number", ref.Number)
	}
	switch {
	case len(t.cmd.Files) != 1:
		wrong("scan", "casework.scan_file")
	case !slices.Contains(scanned, t.cmd.Files[0].Media):
		wrong("scan", "casework.scan_kind")
	}
	if len(faults) > 0 {
		return nil, fault.New(fault.Invalid, "casework.form", "count", len(faults)).With(faults...)
	}
	if err := t.owns(nil); err != nil {
		return nil, err
	}
	t.e.Kind = KindScanned
	t.e.Files = slices.Clone(t.cmd.Files)
	t.e.Files[0].Document = scanCode + ref.Code
	t.add(Change{Scan: &Scan{Token: ref.Token, Number: ref.Number, Coded: coded, Of: t.cmd.Scan.Of}})
	return t.e, nil
}

// scannable finds the letter that the command names, for somebody of the office who reads it.
func (t *step) scannable() (LetterRef, error) {
	if err := t.insider(); err != nil {
		return LetterRef{}, err
	}
	if t.cmd.Scan == nil {
		return LetterRef{}, fault.New(fault.Invalid, "casework.scan_letter").At("number")
	}
	i := slices.IndexFunc(t.s.Letters, func(l LetterRef) bool { return l.Token == t.cmd.Scan.Token })
	role := t.d.Role(t.env.Actor.Role)
	if i < 0 || role == nil || !seesLetter(t.d, role, t.s.Letters[i].Code) {
		return LetterRef{}, fault.New(fault.NotFound, "fault.not_found")
	}
	if role.Side != "directorate" {
		return LetterRef{}, fault.New(fault.Forbidden, "casework.scan_office")
	}
	return t.s.Letters[i], nil
}

// sameNumber compares letter numbers as people copy them: digits of any script, blanks and letter case aside.
func sameNumber(typed, number string) bool {
	norm := func(s string) string { return strings.ToUpper(strings.Join(strings.Fields(text.Digits(s)), "")) }
	return norm(typed) == norm(number)
}
