// Package procedure reads, proves and serves the definition of a procedure: one folder of plain files that an officer
// can read, a lawyer can check, a program can prove and a case can follow. The language is described in
// docs/procedure-language.md.
//
// Parse reads a folder and reports every mistake with file, line and column. Check proves what publishing asks for.
// Canonical gives the stable bytes whose hash a case stores; ParseCanonical reads them back. The rest serves a running
// case: typed facts from what people type (Coerce), forms (ValidateForm, JSONSchema), conditions explained with the
// smallest remedy (Assess), letters (RenderLetter) and the printed manual (Manual). Nothing here does I/O but reading
// the given fs.FS, and nothing asks for the time.
package procedure
