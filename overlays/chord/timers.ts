export type ChordTimer =
  /** One virtual node is to be stabilised; `life` tells an earlier membership. */
  | { readonly type: 'stabilise'; readonly at: number; readonly life: number }
  | { readonly type: 'join'; readonly at: number; readonly life: number }
  | { readonly type: 'request'; readonly number: number }
  | { readonly type: 'lookup'; readonly number: number }
  | { readonly type: 'fingers' }
  /** Of one opening of the gathering. */
  | { readonly type: 'gather'; readonly opening: number }
  | { readonly type: 'unify' }
