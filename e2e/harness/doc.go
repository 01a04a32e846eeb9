// Package harness lets a test use the product as a person does: it starts the built binary on a sample province, opens
// pages in a real Chromium and reads what the person would see. It knows the product only over HTTP, so nothing in a
// browser test can reach behind the pages.
package harness
