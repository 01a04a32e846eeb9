// Package rule is the expression language of procedures: CEL typed against declared facts, evaluated in three values
// (met, not met, unknown), with a trace of atoms, the smallest reason for a failure and the smallest remedy.
//
// A rule is split once, at compilation, into a skeleton of and/or/not over atoms; each atom is a CEL program. The
// skeleton is combined by Kleene's strong tables, which is also how CEL combines unknowns. A missing fact enters CEL as
// an unknown pattern, never as an error; an evaluation error (overflow, division by zero, a date outside the calendar)
// makes its atom undecided and, when it matters, asks for a person: it never becomes "not met".
//
// Numbers are int64: rial for money, basis points for percentages. Floating point is refused. Civil dates are CEL
// timestamps at midnight UTC inside the package and jalali.Date outside. No function does I/O; the only clock is the
// step's: its day as today, its instant in before("1405/09/10 14:00").
package rule
