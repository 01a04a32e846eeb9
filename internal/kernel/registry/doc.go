// Package registry keeps the units of a province, whatever licence they hold or lack, and the live registers beside them.
//
// A unit is known by a legal person's id or by its owner's national code; one of the two suffices, so that a home
// workshop is as full a citizen as a factory. Its company file is a list of typed values, each with its source, the date
// it holds for, who entered it and who verified it; what a value was before stays readable. Personal values lie sealed
// under the unit's own key and are found by keyed hashes only.
//
// Import takes sheets as offices keep them: what is sure lands, what is doubtful waits for a person, what is wrong goes
// back with its row, column and reason.
package registry
