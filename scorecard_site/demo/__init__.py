"""The demonstration company: Aldermoor builds heat pumps, fits them in homes and looks after them.

The story that its figures tell, whenever they are loaded (the tests hold them to it):

1. Fourteen months ago the only maker of inverter boards burnt down: supply collapsed at once, the
   plant's output a month later and promised dates another month later, and all have recovered.
2. To clear the backlog, training was cancelled and newcomers went out uncertified: the learning
   perspective has been below target for three quarters, with training and certificates at the red.
3. Quality followed with two months' delay, from on target to the red within those three quarters.
4. Customers have only begun to notice, and the financial perspective is still on target, carried by
   orders won a year ago.
5. So the corporate score, on target for years, has slid below it quarter by quarter: the leading
   indicators warn before the money does.

It also shows what the product does with figures (tests/site/test_demo_numbers.py): the money of the
crews in layers of formulas, the pulse of eight teams weighted by their people, Belfast's late
papers, last year's first quarter closed and restated, a manager's word on an objective, and
scorecards that came down to the teams only last spring.
"""
