package procedure

import (
	"html/template"
	"io"

	"rahgosha/internal/base/locale"
)

var manualPage = template.Must(template.New("manual").Parse(`<!doctype html>
<html lang="{{.Lang}}" dir="{{.Dir}}">
<head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body>
<main>
<h1>{{.Title}}</h1>
{{range .Cover}}<p><bdi>{{.}}</bdi></p>
{{end}}{{range .Sections}}<section id="{{.ID}}">
<h2>{{.Title}}</h2>
{{range .Text}}<p>{{.}}</p>
{{end}}{{if .Rows}}<table>
<thead><tr>{{range .Head}}<th scope="col">{{.}}</th>{{end}}</tr></thead>
<tbody>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody>
</table>
{{end}}</section>
{{end}}</main>
</body>
</html>
`))

// Dir is the writing direction of the manual's language.
func (m *Manual) Dir() string {
	if m.Lang == locale.FA {
		return "rtl"
	}
	return "ltr"
}

// HTML writes the manual as one plain page without scripts or styles from outside.
func (m *Manual) HTML(out io.Writer) error { return manualPage.Execute(out, m) }
