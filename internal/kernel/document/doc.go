// Package document keeps attachments by their content. What comes in is measured, recognised by its bytes (never by its
// name), hashed (SHA-256, which the journal holds) and sealed under a key of its own before anything reaches a disk.
// Destroying that key erases a document wherever copies of it lie. Only PDF, JPEG, PNG, XLSX and plain UTF-8 text come
// through; what a browser or a computer could run does not.
package document
