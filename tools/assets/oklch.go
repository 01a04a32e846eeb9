package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// oklchCall matches the forms our tokens use: oklch(L C H) and oklch(L C H / A), L and A as a number or a percentage.
var oklchCall = regexp.MustCompile(`oklch\(\s*([\d.]+%?)\s+([\d.]+)\s+([\d.]+)(?:deg)?\s*(?:/\s*([\d.]+%?)\s*)?\)`)

// LowerColours replaces every oklch(...) of a stylesheet by a hex colour. esbuild does so in ordinary properties only;
// ours stand in custom properties, which it must not interpret.
func LowerColours(css string) string {
	return oklchCall.ReplaceAllStringFunc(css, func(call string) string {
		m := oklchCall.FindStringSubmatch(call)
		hex := OKLCH(fraction(m[1]), number(m[2]), number(m[3]))
		if m[4] == "" {
			return hex
		}
		return hex + channelHex(fraction(m[4]))
	})
}

// OKLCH gives the sRGB colour #rrggbb of a lightness 0-1, a chroma and a hue in degrees; what lies outside sRGB is
// clipped per channel. The matrices are those of B. Ottosson, "A perceptual color space for image processing" (2020).
func OKLCH(lightness, chroma, hue float64) string {
	h := hue * math.Pi / 180
	a, b := chroma*math.Cos(h), chroma*math.Sin(h)
	l := cube(lightness + 0.3963377774*a + 0.2158037573*b)
	m := cube(lightness - 0.1055613458*a - 0.0638541728*b)
	s := cube(lightness - 0.0894841775*a - 1.2914855480*b)
	return "#" +
		channelHex(gamma(4.0767416621*l-3.3077115913*m+0.2309699292*s)) +
		channelHex(gamma(-1.2684380046*l+2.6097574011*m-0.3413193965*s)) +
		channelHex(gamma(-0.0041960863*l-0.7034186147*m+1.7076147010*s))
}

func cube(x float64) float64 { return x * x * x }

// gamma is the sRGB transfer function of IEC 61966-2-1.
func gamma(x float64) float64 {
	if x <= 0.0031308 {
		return 12.92 * x
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

func channelHex(x float64) string {
	return fmt.Sprintf("%02x", int(math.Round(min(1, max(0, x))*255)))
}

func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0 // the pattern admits "1.2.3", which no browser would read as a colour either
	}
	return f
}

func fraction(s string) float64 {
	if p, ok := strings.CutSuffix(s, "%"); ok {
		return number(p) / 100
	}
	return number(s)
}
