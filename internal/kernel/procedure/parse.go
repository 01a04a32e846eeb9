package procedure

import (
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"rahgosha/internal/base/locale"
)

// Names inside a procedure's folder.
const (
	mainFile      = "procedure.yaml"
	canonicalFile = "definition.json"
)

// origin remembers a definition's files for the proofs: where everything stood and what the source said.
type origin struct {
	src sources
	at  map[string]Pos
}

// Parse reads a procedure's folder. It gives the definition and every mistake of form it holds; the definition is nil
// only when procedure.yaml cannot be read as YAML at all. When no problem is an error, the rules are compiled and Hash
// is set. What publishing asks beyond form is Check's.
func Parse(fsys fs.FS) (*Definition, []Problem) {
	d := &decoder{report: &report{src: sources{}, fallback: mainFile}, at: map[string]Pos{}}
	raw := d.read(fsys, mainFile)
	if raw == nil {
		return nil, d.sorted()
	}
	n := readYAML(d.report, mainFile, *raw)
	if n == nil {
		return nil, d.sorted()
	}
	def := d.definition(n)
	d.attachments(fsys, def)
	d.strayFiles(fsys, def)
	d.examples(fsys, def)
	return def.ready(d)
}

// ready compiles a definition that has no mistakes of form, and sets its hash.
func (def *Definition) ready(d *decoder) (*Definition, []Problem) {
	def.origin = &origin{src: d.src, at: d.at}
	def.Hash = def.hash()
	if len(Errors(d.problems)) == 0 {
		def.compileInto(d.report)
	}
	return def, d.sorted()
}

func (d *decoder) read(fsys fs.FS, name string) *string {
	if info, err := fs.Stat(fsys, name); err == nil && info.Size() > maxFileSize {
		d.src.add(name, "")
		d.err(Pos{name, 1, 1}, "file_size", "kib", maxFileSize>>10)
		return nil
	}
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		d.src.add(name, "")
		d.err(Pos{name, 1, 1}, "file_missing", "file", name)
		return nil
	}
	s := strings.ReplaceAll(strings.TrimPrefix(string(b), "\uFEFF"), "\r\n", "\n")
	d.src.add(name, s)
	if !utf8.ValidString(s) {
		d.err(invalidUTF8(name, s), "file_utf8")
		return nil
	}
	return &s
}

// definition decodes the tree of procedure.yaml: the block procedure, and one key for each part.
func (d *decoder) definition(n *node) *Definition {
	def := &Definition{}
	if n.kind != mapNode {
		d.err(n.pos, "not_a_procedure")
		return def
	}
	v := reflect.ValueOf(def).Elem()
	head, parts := map[string]int{}, map[string]int{"procedure": -1}
	for name, i := range fieldsOf(v.Type()) {
		if slices.Contains(headKeys, name) {
			head[name] = i
		} else {
			parts[name] = i
		}
	}
	for i, k := range n.keys {
		switch f, ok := parts[k.name]; {
		case !ok && head[k.name] != 0, !ok && k.name == "id":
			d.err(k.pos, "belongs_in_procedure", "key", k.name)
		case !ok:
			d.unknownKey(k, v.Type(), parts)
		case f < 0:
			d.head(n.vals[i], v, head)
		default:
			d.value(n.vals[i], v.Field(f), k.name)
		}
	}
	return def
}

// headKeys stand inside the block procedure.
var headKeys = []string{"id", "version", "title", "summary", "prefix", "from", "to", "supersedes"}

func (d *decoder) head(n *node, v reflect.Value, fields map[string]int) {
	d.at["procedure"] = n.pos
	if !d.want(n, mapNode) {
		return
	}
	for i, k := range n.keys {
		f, ok := fields[k.name]
		if !ok {
			d.unknownKey(k, v.Type(), fields)
			continue
		}
		d.value(n.vals[i], v.Field(f), "procedure/"+k.name)
	}
}

// attachments reads the files the definition names.
func (d *decoder) attachments(fsys fs.FS, def *Definition) {
	for _, l := range def.Letters {
		if s := d.named(fsys, l.File, "letters", ".tmpl", d.at["letters/"+l.ID+"/file"], l.Pos); s != nil {
			l.Source = *s
		}
	}
	for _, t := range def.Decisions {
		if s := d.named(fsys, t.File, "tables", ".csv", d.at["decisions/"+t.ID+"/file"], t.Pos); s != nil {
			t.CSV = *s
		}
	}
	for _, t := range def.Dated {
		if s := d.named(fsys, t.File, "tables", ".csv", d.at["dated/"+t.ID+"/file"], t.Pos); s != nil {
			t.CSV = *s
		}
	}
	for _, t := range def.Reasons {
		if s := d.named(fsys, t.File, "tables", ".csv", d.at["reasons/"+t.ID+"/file"], t.Pos); s != nil {
			t.Rows = parseReasons(d.report, path.Join("tables", t.File), *s)
		}
	}
}

// named reads letters/X.tmpl or tables/X.csv; the folder in front is optional in the definition.
func (d *decoder) named(fsys fs.FS, file, dir, ext string, pos, owner Pos) *string {
	if pos.IsZero() {
		pos = owner
	}
	name := inFolder(file, dir)
	if file == "" || path.Ext(file) != ext || !fs.ValidPath(name) || path.Dir(name) != dir {
		d.err(pos, "file_name", "file", file, "folder", dir, "ext", ext)
		return nil
	}
	if _, err := fs.Stat(fsys, name); err != nil {
		d.err(pos, "file_missing", "file", name)
		return nil
	}
	return d.read(fsys, name)
}

func inFolder(file, dir string) string { return path.Join(dir, strings.TrimPrefix(file, dir+"/")) }

// strayFiles warns of files nothing names: a letter that was forgotten is a letter nobody gets.
func (d *decoder) strayFiles(fsys fs.FS, def *Definition) {
	named := map[string]bool{}
	for _, l := range def.Letters {
		named[inFolder(l.File, "letters")] = true
	}
	for _, t := range def.Decisions {
		named[inFolder(t.File, "tables")] = true
	}
	for _, t := range def.Dated {
		named[inFolder(t.File, "tables")] = true
	}
	for _, t := range def.Reasons {
		named[inFolder(t.File, "tables")] = true
	}
	for _, pattern := range []string{"letters/*.tmpl", "tables/*.csv"} {
		files, _ := fs.Glob(fsys, pattern) // the patterns are well formed
		for _, f := range files {
			if !named[f] {
				d.src.add(f, "")
				d.warn(Pos{f, 1, 1}, "file_unused", "file", f)
			}
		}
	}
}

// textOf is a text for messages that names a thing by title and id.
func textOf(t locale.Text, id string) locale.Text {
	if t.IsZero() {
		return locale.Text{FA: id, EN: id}
	}
	return locale.Text{FA: t.FA + " (" + id + ")", EN: t.In(locale.EN) + " (" + id + ")"}
}
