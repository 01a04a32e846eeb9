package services

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/base/refdata"
	"rahgosha/internal/base/text"
	"rahgosha/internal/kernel/registry"
)

//go:embed data/*.csv
var files embed.FS

// table reads an embedded table without its head; a broken one is a build mistake, and the tests read all.
func table(name string) [][]string {
	raw, err := files.ReadFile("data/" + name + ".csv")
	if err != nil {
		panic(fmt.Errorf("services table %s: %w", name, err))
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil || len(rows) < 2 {
		panic(fmt.Errorf("services table %s: %d rows: %w", name, len(rows), err))
	}
	return rows[1:]
}

// Class is a class of services of EBOPS 2010.
type Class struct {
	Code string
	Name locale.Text
	also []string
}

// Classes gives the classes by their codes.
var Classes = sync.OnceValue(func() (out []Class) {
	for _, r := range table("ebops") {
		out = append(out, Class{r[0], locale.Text{FA: r[1], EN: r[2]}, strings.Split(r[3], ";")})
	}
	return out
})

// ClassOf finds a class by its code, its name, or that of the classification before (EBOPS 2002); "" for none.
func ClassOf(said string) string {
	key := text.Fold(said)
	for _, c := range Classes() {
		if strings.EqualFold(c.Code, strings.TrimSpace(said)) || key == text.Fold(c.Name.FA) || key == text.Fold(c.Name.EN) ||
			slices.ContainsFunc(c.also, func(a string) bool { return text.Fold(a) == key }) {
			return c.Code
		}
	}
	return ""
}

// Category is a category of technical-engineering services, with the class that it falls in where nobody says another.
type Category struct {
	Code  string
	Name  locale.Text
	Class string
}

// Categories gives the categories of the register: those of the domain but the export management company, which trades.
var Categories = sync.OnceValue(func() (out []Category) {
	names := map[string]locale.Text{}
	for _, t := range refdata.TechServices() {
		names[t.Code] = t.Name
	}
	for _, r := range table("category-ebops") {
		out = append(out, Category{r[0], names[r[0]], r[1]})
	}
	return out
})

// categoryOf finds a category by its code or its name.
func categoryOf(said string) (Category, bool) {
	code, key := strings.ToUpper(strings.ReplaceAll(text.Digits(said), " ", "")), registry.Tight(said)
	for _, c := range Categories() {
		if c.Code == code || registry.Tight(c.Name.FA) == key || registry.Tight(c.Name.EN) == key {
			return c, true
		}
	}
	return Category{}, false
}

// Currency is a currency and how many digits its smallest part has.
type Currency struct {
	Code   string
	Digits int
	Name   locale.Text
	also   []string
}

// Currencies gives the currencies that contracts may be in.
var Currencies = sync.OnceValue(func() (out []Currency) {
	for _, r := range table("currencies") {
		n, err := strconv.Atoi(r[1])
		if err != nil {
			panic(fmt.Errorf("services table currencies: %w", err))
		}
		out = append(out, Currency{r[0], n, locale.Text{FA: r[2], EN: r[3]}, strings.Split(r[4], ";")})
	}
	return out
})

func currencyOf(said string) (Currency, bool) {
	key := registry.Tight(said)
	for _, c := range Currencies() {
		if strings.EqualFold(c.Code, strings.TrimSpace(said)) || registry.Tight(c.Name.FA) == key || registry.Tight(c.Name.EN) == key ||
			key != "" && slices.ContainsFunc(c.also, func(a string) bool { return a != "" && registry.Tight(a) == key }) ||
			slices.Contains(c.also, strings.TrimSpace(said)) && said != "" {
			return c, true
		}
	}
	return Currency{}, false
}

// Digits is how many digits the smallest part of a currency has.
func Digits(code string) int {
	c, _ := currencyOf(code)
	return c.Digits
}

// FigureName is a figure of others that shares are made with. Unit is usd, count or percent.
type FigureName struct {
	Code, Unit string
	also       []string
}

// FigureNames gives all of them.
var FigureNames = sync.OnceValue(func() (out []FigureName) {
	for _, r := range table("figures") {
		out = append(out, FigureName{r[0], r[1], strings.Split(r[2], ";")})
	}
	return out
})

func figureOf(said string) (FigureName, bool) {
	key := registry.Tight(said)
	for _, f := range FigureNames() {
		if f.Code == strings.TrimSpace(said) || slices.ContainsFunc(f.also, func(a string) bool { return registry.Tight(a) == key }) {
			return f, true
		}
	}
	return FigureName{}, false
}

// Said is a share that an official said, with the statement of the founding report that says it. SaidOn is "" where nobody
// knows the day.
type Said struct {
	Statement refdata.Statement
	Percent   float64
	SaidOn    string
}

// ReportedShares gives the shares that were said.
var ReportedShares = sync.OnceValue(func() (out []Said) {
	for _, r := range table("reported") {
		i := slices.IndexFunc(refdata.Statements(), func(s refdata.Statement) bool { return s.No == r[0] })
		p, err := strconv.ParseFloat(r[1], 64)
		if i < 0 || err != nil {
			panic(fmt.Errorf("services table reported: statement %s: %w", r[0], err))
		}
		out = append(out, Said{refdata.Statements()[i], p, r[2]})
	}
	return out
})

// headings gives of each heading of sheets, tight, which field it is.
var headings = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, r := range table("columns") {
		out[registry.Tight(r[1])] = r[0]
	}
	return out
})

// scales gives words of amounts with what they stand for.
var scales = sync.OnceValue(func() map[string]int64 {
	out := map[string]int64{}
	for _, r := range table("scales") {
		n, err := strconv.ParseInt(r[1], 10, 64)
		if err != nil {
			panic(fmt.Errorf("services table scales: %w", err))
		}
		out[r[0]] = n
	}
	return out
})
