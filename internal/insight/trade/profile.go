package trade

import "strings"

// Presence says when a country counts as a maker of a product.
type Presence string

// The rules of presence. R is the RCA, N the advantage by population (RPOP), t the threshold.
const (
	AtLeast    Presence = "at_least"   // R ≥ t
	Above      Presence = "above"      // R > t
	Population Presence = "population" // N ≥ t, or N > t under Strict
	Union      Presence = "union"      // either of the two
	Smooth     Presence = "smooth"     // R/(1+R), between 0 and 1
)

// Spread is the standard deviation with which indices are made comparable.
type Spread string

// The standard deviations in use: over n, over n−1, and over n−1 where every country counts once per product.
const (
	SpreadN      Spread = "n"
	SpreadN1     Spread = "n-1"
	SpreadByCell Spread = "cells"
)

// Profile is one tool's set of conventions. It is stored with every result: two numbers of different profiles must not
// be compared.
type Profile struct {
	Name      string   `json:"name"`
	Presence  Presence `json:"presence"`
	Threshold float64  `json:"threshold"`
	Strict    bool     `json:"strict"`    // population and union: above instead of at least
	SelfNear  bool     `json:"self_near"` // a product's proximity to itself is 1, otherwise 0
	Spread    Spread   `json:"spread"`
	OwnPCI    bool     `json:"own_pci"` // PCI by the products' own mean and spread, otherwise by the countries'
}

// profiles in the order in which people are told about them.
var profiles = []Profile{
	{Name: "py", Presence: AtLeast, Threshold: 1, SelfNear: true, Spread: SpreadN},
	{Name: "stata", Presence: Above, Threshold: 1, Strict: true, Spread: SpreadByCell},
	{Name: "r", Presence: AtLeast, Threshold: 1, SelfNear: true, Spread: SpreadN1, OwnPCI: true},
	{Name: "atlas2026", Presence: Smooth, SelfNear: true, Spread: SpreadN},
}

// ProfileNames gives the names of all profiles.
func ProfileNames() (names []string) {
	for _, p := range profiles {
		names = append(names, p.Name)
	}
	return names
}

// ProfileNamed gives a profile; an unknown name is invalid.
func ProfileNamed(name string) (Profile, error) {
	for _, p := range profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, invalid("profile", "name", name, "names", strings.Join(ProfileNames(), ", ")).At("--profile")
}
