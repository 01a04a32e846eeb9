package procedure

func (c *checker) letters() {}
