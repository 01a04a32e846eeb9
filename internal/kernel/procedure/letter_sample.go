package procedure

import (
	"fmt"
	"maps"

	"rahgosha/internal/base/jalali"
	"rahgosha/internal/base/locale"
)

// SampleData fills a letter with plausible values for proofs and previews: what the given facts lack is made up by type.
func (d *Definition) SampleData(given map[string]any) LetterData {
	day := d.From
	if day.IsZero() {
		day = jalali.First
	}
	data := LetterData{Facts: map[string]any{}, CaseNumber: fmt.Sprintf("%s-%d-00001", d.Prefix, day.Year), Number: "1",
		Today: day, Office: "office", To: "to", Unit: "unit", Signer: "signer", Post: "post", Note: "note", Session: "CS-1", SessionOn: day,
		Reason: ReasonRow{Code: "R01", Title: locale.Text{FA: "reason", EN: "reason"}, Remedy: locale.Text{FA: "remedy", EN: "remedy"}}}
	for _, f := range d.Facts {
		data.Facts[f.ID] = sample(f, day)
	}
	maps.Copy(data.Facts, given)
	for _, c := range d.Conditions {
		data.Conditions = append(data.Conditions, c.ID)
	}
	return data
}

func sample(f *Fact, day jalali.Date) any {
	switch KindOf(f.Type) {
	case "int", "money", "percent":
		if f.Min != nil {
			return *f.Min
		}
		return int64(1)
	case "bool":
		return true
	case "date":
		return day.Civil()
	case "list":
		return []string{"a"}
	case "table":
		row := map[string]any{}
		for _, c := range f.Columns {
			row[c.ID] = sample(c, day)
		}
		return []map[string]any{row}
	}
	if len(f.Options) > 0 {
		return f.Options[0].Code
	}
	return f.ID
}
