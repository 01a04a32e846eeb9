package app

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"time"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

// dossiers gives people what is held of them. taken bounds how often: each is gathered anew.
type dossiers struct {
	a     *App
	taken *httpkit.Throttle
}

// A person takes their data three times at once, then once in ten minutes.
const (
	dossierBurst = 3
	dossierEvery = 10 * time.Minute
	dossierKeys  = 20_000
)

func newDossiers(a *App) *dossiers {
	return &dossiers{a, httpkit.NewThrottle(a.Clock, dossierBurst, dossierEvery, dossierKeys)}
}

// Dossier gives the signed-in person what is held of them.
func (x *dossiers) Dossier(ctx context.Context, p access.Principal, l locale.Lang) (io.ReadCloser, error) {
	if err := x.taken.Take(p.Person); err != nil {
		return nil, err
	}
	d, err := x.a.Privacy.Take(ctx, p)
	if err != nil {
		return nil, err
	}
	return x.a.dossierFile(ctx, d, l)
}

// dossierFile makes the zip: for programs, for reading in Persian (and in the language asked for), letters and documents. It
// lies on no disk under a name.
func (a *App) dossierFile(ctx context.Context, d *privacy.Dossier, l locale.Lang) (io.ReadCloser, error) {
	f, err := os.CreateTemp("", "rahgosha-person-*") // documents may be larger than memory
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "journal.export_write")
	}
	_ = os.Remove(f.Name()) // it lives while it is open
	if err = a.writeDossier(ctx, d, l, f); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (a *App) writeDossier(ctx context.Context, d *privacy.Dossier, l locale.Lang, w io.Writer) error {
	z := &dossierZip{a: a, d: d, w: zip.NewWriter(w)}
	return errors.Join(z.fill(access.AsServer(ctx), l), z.w.Close())
}

type dossierZip struct {
	a *App
	d *privacy.Dossier
	w *zip.Writer
}

func (z *dossierZip) add(name string, content []byte) error {
	w, err := z.w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.UnixMicro(z.d.Made)})
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}

func (z *dossierZip) fill(ctx context.Context, l locale.Lang) error {
	if err := z.documents(ctx); err != nil {
		return err
	}
	if err := z.letters(ctx); err != nil {
		return err
	}
	whole, err := json.MarshalIndent(z.d, "", " ")
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.failed")
	}
	if err := z.add("data.json", whole); err != nil {
		return err
	}
	langs := []locale.Lang{locale.FA}
	if l == locale.EN {
		langs = append(langs, l)
	}
	for _, l := range langs {
		pdf, err := web.DossierPDF(l, z.d)
		if err != nil {
			return err
		}
		if err := z.add("data."+string(l)+".pdf", pdf); err != nil {
			return err
		}
	}
	return nil
}

// documents adds contents; one that is erased or gone is named without a file.
func (z *dossierZip) documents(ctx context.Context) error {
	for i := range z.d.Documents {
		p := &z.d.Documents[i]
		if p.File == "" {
			continue
		}
		body, ref, err := z.a.Document.Get(ctx, z.d.Province, p.Hash)
		if fault.Is(err, fault.NotFound) {
			p.File = ""
			continue
		}
		if err != nil {
			return err
		}
		p.Media, p.Size, p.File = ref.Media, ref.Size, "documents/"+p.Hash+path.Ext(ref.Name)
		raw, err := io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil {
			return err
		}
		if err := z.add(p.File, raw); err != nil {
			return err
		}
	}
	return nil
}

// letters adds those that the person may open, with their receipts, as they were printed.
func (z *dossierZip) letters(ctx context.Context) error {
	for _, c := range z.d.Cases {
		who := c.Reader(z.d.Province, z.d.Person.ID)
		for _, l := range c.Letters {
			_, text, err := z.a.Engine.FindLetter(ctx, who, l.Token)
			if fault.Is(err, fault.NotFound) {
				continue // erased
			}
			if err != nil {
				return err
			}
			r, err := z.a.Receipt(ctx, text)
			if err != nil {
				return err
			}
			pdf, err := z.a.DrawLetter(text, r)
			if err != nil {
				return err
			}
			if err := z.add("letters/"+l.Token+".pdf", pdf); err != nil {
				return err
			}
		}
	}
	return nil
}
