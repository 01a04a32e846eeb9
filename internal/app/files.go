package app

import (
	"context"
	"io"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/document"
)

type files struct{ a *App }

// Put keeps a document that a person chose on a page.
func (f files) Put(ctx context.Context, p access.Principal, name string, r io.Reader) (casework.FileRef, error) {
	if err := access.Authorize(p, "files", "put"); err != nil && !p.Is(access.Public) {
		return casework.FileRef{}, err
	}
	if err := access.Authorize(p, "claims", "make"); err != nil { // who holds no post puts the evidence of a claim
		return casework.FileRef{}, err
	}
	ref, err := f.a.Document.Put(ctx, p.Province, p.Person, name, r)
	return fileRef(ref), err
}

// Get gives a document of the principal's province; its name is made of its hash, what people called it stands in the case.
func (f files) Get(ctx context.Context, p access.Principal, hash string) (io.ReadCloser, casework.FileRef, error) {
	body, ref, err := f.a.Document.Get(ctx, p.Province, hash)
	return body, fileRef(ref), err
}

func fileRef(r document.Ref) casework.FileRef {
	return casework.FileRef{Hash: r.Hash, Name: casework.Value{V: r.Name}, Size: r.Size, Media: r.Media}
}
