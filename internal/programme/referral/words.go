package referral

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"rahgosha/internal/kernel/registry"
)

// Fields of a sheet of referrals.
const (
	fieldName       = registry.FieldName
	fieldLegal      = registry.FieldLegalID
	fieldOwner      = registry.FieldOwnerCode
	fieldCounty     = registry.FieldCounty
	fieldBank       = "bank"
	fieldBranch     = "branch"
	fieldLetter     = "letter_no"
	fieldLetterOn   = "letter_on"
	fieldCode       = "code"
	fieldCase       = "case_no"
	fieldRegistered = "registered_on"
	fieldAmount     = "amount"
	fieldPaidOn     = "paid_on"
	fieldStage      = "stage"
	columnSerial    = "#serial"
	columnIdentity  = "#identity"
)

// Steps of the funnel, and what a sheet may say besides.
const (
	stepRegistered = "registered"
	stepReferred   = "referred"
	stepPaid       = "paid"
	saysRefused    = "refused"
	saysWithdrawn  = "withdrawn"
	saysUnknown    = "unknown"
)

// steps are the funnel's, in order; a sheet that names one says that those before it were reached too.
var steps = []string{stepRegistered, stepReferred, "received", "approved", "contracted", stepPaid}

//go:embed sheet.json
var sheetFile []byte

type vocabulary struct {
	Fields          []registry.Field    `json:"fields"`
	IdentityHeaders []string            `json:"identity_headers"`
	SerialHeaders   []string            `json:"serial_headers"`
	Stages          map[string][]string `json:"stages"`
	BranchWords     []string            `json:"branch_words"`

	byID    map[string]registry.Field
	headers map[string]string // folded header → field
	stages  map[string]string // folded words → step, refused, withdrawn or unknown
	filler  map[string]bool   // words that say nothing in a bank's name
}

var words = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{byID: map[string]registry.Field{}, headers: map[string]string{}, stages: map[string]string{}, filler: map[string]bool{}}
	if err := json.Unmarshal(sheetFile, v); err != nil {
		panic(fmt.Errorf("sheet.json: %w", err)) // embedded at build time
	}
	for _, f := range v.Fields {
		v.field(f)
	}
	v.name(columnIdentity, v.IdentityHeaders...)
	v.name(columnSerial, v.SerialHeaders...)
	for step, list := range v.Stages {
		for _, s := range list {
			v.stages[registry.Tight(s)] = step
		}
	}
	for _, w := range v.BranchWords {
		v.filler[registry.Tight(w)] = true
	}
	return v
})

// field takes a field with its headers; what the company file has too keeps its type, title and headers from there.
func (v *vocabulary) field(f registry.Field) {
	if own, ok := registry.FieldOf(f.ID); ok {
		own.Headers = append(own.Headers, f.Headers...)
		f = own
	}
	v.byID[f.ID] = f
	v.name(f.ID, append([]string{f.Title.FA, f.Title.EN, f.ID}, f.Headers...)...)
}

func (v *vocabulary) name(field string, headers ...string) {
	for _, h := range headers {
		if k := registry.Tight(h); v.headers[k] == "" {
			v.headers[k] = field
		}
	}
}

// bankWords are the telling words of a bank's or a branch's name.
func bankWords(s string) (out []string) {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,-/()\u060C\u200c", r) }) {
		if k := registry.Tight(w); k != "" && !words().filler[k] {
			out = append(out, k)
		}
	}
	return out
}
