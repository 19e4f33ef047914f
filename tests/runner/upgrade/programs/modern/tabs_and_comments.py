import keras	# a tab before the comment


def build( units ):
	# tabs, and odd spaces
	return keras.Sequential( [ keras.Input( (3,) ) , keras.layers.Dense( units ) ] )


model = build( 2 ) ; model.compile( "sgd", "mse" )
